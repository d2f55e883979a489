/** Templates: `The capital of the state containing {city} is`. Two braces stand for one. */
import { nearest } from "../../core/nearest.ts";
import { Problem } from "../../core/problem.ts";

const slot = /\{\{|\}\}|\{([^{}]*)\}/g;

/** Names of a template's slots, each once. */
export function slotsOf(template: string): string[] {
  const names = [...template.matchAll(slot)].flatMap(([, name]) => (name === undefined ? [] : [name.trim()]));
  return [...new Set(names)];
}

/** Throws a Problem for a slot that has no value. */
export function fill(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(slot, (found, name?: string) => {
    if (name === undefined) return found[0]!;
    const value = values[name.trim()];
    if (value !== undefined) return value;
    const names = Object.keys(values);
    const near = nearest(name.trim(), names);
    const meant = near.length > 0 ? near : names;
    throw new Problem(`nothing was given for {${name}} in ${JSON.stringify(template)}`, {
      advice: meant.length > 0 ? meant.map(n => `{${n}}`).join(" or ") : `a value: --set ${name.trim()}=…`,
    });
  });
}
