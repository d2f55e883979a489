/** A component that is drawn again only when one of its properties is another value. */
import { Component, type ComponentType, createElement } from "preact";

export function memo<P extends object>(inner: ComponentType<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      const now = this.props as unknown as Record<string, unknown>;
      const then = next as unknown as Record<string, unknown>;
      return Object.keys({ ...now, ...then }).some(key => now[key] !== then[key]);
    }
    override render() {
      return createElement(inner, this.props as never);
    }
  };
}
