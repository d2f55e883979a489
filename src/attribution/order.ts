/**
 * Which rows to compute next. A trace begins with the rows of its targets; from then on the unit with the greatest
 * influence over the rows known so far is expanded next, and what still sits on unexpanded units is the certificate:
 * no node's influence can grow by more than that, whatever else were computed.
 *
 * Influence here is the peer's reading (biases and coarse `mlp` nodes left out, unexpanded units counted), so that
 * batches of the same size are the same batches. Ties go to the lower layer, position and index: same trace every time.
 */
import type { Node } from "./node.ts";

/** What is known of a node: 0 nothing; met before, as a source or as a row; or of a kind that carries no influence. */
const met = 1;
const leftOut = 2;

interface KnownRow {
  readonly node: number;
  readonly sources: ArrayLike<number>;
  /** Signed. */
  readonly weights: ArrayLike<number>;
  /** Absolute, over the sources that carry influence and what was dropped. */
  readonly mass: number;
  readonly dropped: number;
}

export class Frontier {
  readonly #node: (node: number) => Node;
  readonly #weight: number;
  /** [node] all influence that has arrived so far */
  #arrived = new Float64Array(1024);
  /** [node] the part of it that has not yet run on to the sources */
  #waiting = new Float64Array(1024);
  /** rows by layer, and those of targets; not copies, since a row may have tens of thousands of sources */
  readonly #layers: KnownRow[][] = [];
  readonly #targets: KnownRow[] = [];
  /** [node] what is known of it: a row has thousands of sources, most of them met before. */
  #state = new Uint8Array(1024);
  readonly #units = new Set<number>();
  #dropped = 0;

  /** `node` tells what a number stands for; numbers may be given out while the trace goes on. */
  constructor(targets: readonly { readonly node: number; readonly weight: number }[], node: (node: number) => Node) {
    this.#node = node;
    this.#weight = targets.reduce((sum, target) => sum + target.weight, 0);
    for (const target of targets) {
      this.#reach(target.node);
      this.#waiting[target.node]! += target.weight;
    }
  }

  /** A computed row: sources with their signed weights (kept, not copied), and the absolute sum of the dropped edges. */
  add(node: number, sources: ArrayLike<number>, weights: ArrayLike<number>, droppedAbsolute = 0): void {
    let mass = droppedAbsolute;
    for (let edge = 0; edge < sources.length; edge++) {
      const source = sources[edge]!;
      this.#reach(source);
      const state = this.#state[source] || this.#meet(source);
      if (state !== leftOut) mass += Math.abs(weights[edge]!);
    }
    const row = { node, sources, weights, mass: Math.max(mass, 1e-10), dropped: droppedAbsolute };
    const what = this.#node(node);
    if (what.kind === "unit") (this.#layers[what.layer] ??= []).push(row);
    else this.#targets.push(row);
    this.#reach(node);
    this.#state[node] = met;
    this.#units.delete(node);
  }

  /** The next `count` units to expand, greatest influence first; fewer when fewer are left that have any. */
  next(count: number): number[] {
    this.#run();
    const all = [...this.#units].filter(unit => this.#arrived[unit]! > 0);
    if (count <= 0) return [];
    // Tens of thousands of neurons wait here: the least influence that makes it is found first, and few are compared.
    const influences = Float64Array.from(all, unit => this.#arrived[unit]!).sort();
    const least = influences[Math.max(0, influences.length - count)] ?? 0;
    const candidates = all.filter(unit => this.#arrived[unit]! >= least);
    candidates.sort((a, b) => this.#arrived[b]! - this.#arrived[a]! || this.#before(a, b));
    return candidates.slice(0, count);
  }

  /** Share of the targets' weight that sits on unexpanded units, 0 to 1: the bound that a trace reports. */
  get unexpanded(): number {
    this.#run();
    let sum = 0;
    for (const unit of this.#units) sum += this.#arrived[unit] ?? 0;
    return this.#weight > 0 ? sum / this.#weight : 0;
  }

  /** Share that left through edges too small to keep. */
  get dropped(): number {
    this.#run();
    return this.#weight > 0 ? this.#dropped / this.#weight : 0;
  }

  influenceOf(node: number): number {
    this.#run();
    return this.#arrived[node] ?? 0;
  }

  /** What waits at expanded nodes runs on, top layer first. Earlier runs stay valid: influence only ever adds up. */
  #run(): void {
    for (const rows of [this.#targets, ...this.#layers.toReversed()]) {
      for (const { node, sources, weights, mass, dropped } of rows ?? []) {
        if (!this.#waiting[node]) continue;
        const share = this.#waiting[node]! / mass;
        this.#waiting[node] = 0;
        this.#dropped += share * dropped;
        const [arrived, waiting, state] = [this.#arrived, this.#waiting, this.#state];
        for (let edge = 0; edge < sources.length; edge++) {
          const source = sources[edge]!;
          if (state[source] === leftOut) continue;
          const part = share * Math.abs(weights[edge]!);
          arrived[source]! += part;
          waiting[source]! += part;
        }
      }
    }
  }

  /** A source is seen for the first time: units wait to be expanded. */
  #meet(node: number): number {
    const { kind } = this.#node(node);
    const state = kind === "bias" || kind === "mlp" ? leftOut : met;
    this.#state[node] = state;
    if (kind === "unit") this.#units.add(node);
    return state;
  }

  /** Makes room for what is known of a node. */
  #reach(node: number): void {
    if (node < this.#state.length) return;
    const size = Math.max(node + 1, this.#state.length * 2);
    const grown = <T extends Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(into: T, from: T): T => {
      into.set(from);
      return into;
    };
    this.#arrived = grown(new Float64Array(size), this.#arrived);
    this.#waiting = grown(new Float64Array(size), this.#waiting);
    this.#state = grown(new Uint8Array(size), this.#state);
  }

  #before(a: number, b: number): number {
    const [x, y] = [this.#node(a), this.#node(b)];
    if (x.kind !== "unit" || y.kind !== "unit") return a - b;
    return x.layer - y.layer || x.position - y.position || x.index - y.index;
  }
}
