/**
 * Numbers for nodes while a trace goes on, given out as nodes are met. This is the one place where nodes become rows
 * and rows nodes again.
 */
import type { PromptBasis } from "../features/basis.ts";
import { type Node, nodeId } from "./node.ts";

/** Units in one page of numbers. */
const PAGE = 1024;

export class Sources {
  readonly nodes: Node[] = [];
  /** The node number of each unit plus one, 0 for none yet: a page of units at a time, because a model has millions. */
  private readonly pages: (Uint32Array | undefined)[] = [];
  private readonly others = new Map<string, number>();
  private readonly unitOf: number[] = [];
  private readonly basis: PromptBasis;

  constructor(basis: PromptBasis) {
    this.basis = basis;
  }

  /** The node number of the basis's unit. */
  unit(unit: number): number {
    const at = Math.floor(unit / PAGE);
    let page = this.pages[at];
    if (!page) {
      page = new Uint32Array(PAGE);
      this.pages[at] = page;
    }
    const had = page[unit % PAGE]!;
    if (had > 0) return had - 1;
    const number = this.nodes.length;
    page[unit % PAGE] = number + 1;
    this.nodes.push({ kind: "unit", ...this.basis.place(unit) });
    this.unitOf[number] = unit;
    return number;
  }

  /** The node number of anything else. */
  other(node: Exclude<Node, { kind: "unit" }>): number {
    const id = nodeId(node);
    let number = this.others.get(id);
    if (number === undefined) {
      number = this.nodes.length;
      this.others.set(id, number);
      this.nodes.push(node);
    }
    return number;
  }

  /** The basis's unit behind a node number, undefined for other kinds. */
  basisUnit(number: number): number | undefined {
    return this.unitOf[number];
  }
}
