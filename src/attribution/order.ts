/**
 * Which rows to compute next. A trace begins with the rows of its targets; from then on the unit with the greatest
 * influence over the rows known so far is expanded next, and what still sits on unexpanded units is the certificate:
 * no node's influence can grow by more than that, whatever else were computed.
 *
 * Influence here is the peer's reading (biases and coarse `mlp` nodes left out, unexpanded units counted), so that
 * batches of the same size are the same batches. Ties go to the lower layer, position and index: same trace every time.
 */
import type { Node } from "./node.ts";

export class Frontier {
  readonly #node: (node: number) => Node;
  readonly #weight: number;
  /** [node] all influence that has arrived so far */
  #arrived = new Float64Array(1024);
  /** [node] the part of it that has not yet run on to the sources */
  #waiting = new Float64Array(1024);
  /** rows by layer, targets in the last list */
  readonly #layers: { node: number; sources: Uint32Array; shares: Float64Array; dropped: number }[][] = [];
  readonly #targets: { node: number; sources: Uint32Array; shares: Float64Array; dropped: number }[] = [];
  readonly #expanded = new Set<number>();
  readonly #units = new Set<number>();
  #dropped = 0;

  /** `node` tells what a number stands for; numbers may be given out while the trace goes on. */
  constructor(targets: readonly { readonly node: number; readonly weight: number }[], node: (node: number) => Node) {
    this.#node = node;
    this.#weight = targets.reduce((sum, target) => sum + target.weight, 0);
    for (const target of targets) this.#put(this.#waiting, target.node, target.weight);
  }

  /** A computed row: sources with their signed weights, and the absolute sum of the edges that were dropped. */
  add(node: number, sources: ArrayLike<number>, weights: ArrayLike<number>, droppedAbsolute = 0): void {
    let mass = droppedAbsolute;
    let kept = 0;
    const numbers = new Uint32Array(sources.length);
    const shares = new Float64Array(sources.length);
    for (let edge = 0; edge < sources.length; edge++) {
      const source = sources[edge]!;
      const { kind } = this.#node(source);
      if (kind === "bias" || kind === "mlp") continue;
      const size = Math.abs(weights[edge]!);
      numbers[kept] = source;
      shares[kept++] = size;
      mass += size;
      if (kind === "unit" && !this.#expanded.has(source)) this.#units.add(source);
    }
    mass = Math.max(mass, 1e-10);
    for (let edge = 0; edge < kept; edge++) shares[edge]! /= mass;
    const row = {
      node,
      sources: numbers.subarray(0, kept),
      shares: shares.subarray(0, kept),
      dropped: droppedAbsolute / mass,
    };
    const what = this.#node(node);
    if (what.kind === "unit") (this.#layers[what.layer] ??= []).push(row);
    else this.#targets.push(row);
    this.#expanded.add(node);
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
      for (const { node, sources, shares, dropped } of rows ?? []) {
        const mass = this.#waiting[node] ?? 0;
        if (mass === 0) continue;
        this.#waiting[node] = 0;
        this.#dropped += mass * dropped;
        for (let edge = 0; edge < sources.length; edge++) {
          this.#put(this.#arrived, sources[edge]!, mass * shares[edge]!);
          this.#put(this.#waiting, sources[edge]!, mass * shares[edge]!);
        }
      }
    }
  }

  #put(values: Float64Array<ArrayBuffer>, node: number, mass: number): void {
    if (node >= values.length) {
      const grown = new Float64Array(Math.max(node + 1, this.#arrived.length * 2));
      const more = new Float64Array(grown.length);
      grown.set(this.#arrived);
      more.set(this.#waiting);
      values = values === this.#arrived ? grown : more;
      this.#arrived = grown;
      this.#waiting = more;
    }
    values[node]! += mass;
  }

  #before(a: number, b: number): number {
    const [x, y] = [this.#node(a), this.#node(b)];
    if (x.kind !== "unit" || y.kind !== "unit") return a - b;
    return x.layer - y.layer || x.position - y.position || x.index - y.index;
  }
}
