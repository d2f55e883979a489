/** One question of a study, ready for a model: its tokens, its answer's, and where things stand in it. */
import type { Where } from "./study.ts";

export interface Place {
  readonly first: number;
  readonly last: number;
  /** The other places where the same part stands. */
  readonly also?: readonly { readonly first: number; readonly last: number }[];
}

export interface Item {
  /** Unique in its study: what is printed and hashed. */
  readonly id: string;
  readonly split: "train" | "held-out";
  readonly prompt: string;
  readonly answer: string;
  readonly foil?: string;
  readonly ids: readonly number[];
  readonly answerIds: readonly number[];
  /** Other right answers. */
  readonly otherIds: readonly (readonly number[])[];
  readonly foilIds?: readonly number[];
  /** Tokens of each part of the prompt, by name. */
  readonly roles: Readonly<Record<string, Place>>;
  /** What is known about it: its parts' texts, its task and kind, what it must think of on the way. */
  readonly labels: Readonly<Record<string, string>>;
  /** The same sentence about something else, as many tokens. */
  readonly versus?: Versus;
}

export interface Versus {
  readonly prompt: string;
  readonly answer: string;
  readonly ids: readonly number[];
  readonly answerIds: readonly number[];
}

export function fits(item: Item, where: Where | undefined): boolean {
  if (!where) return true;
  return Object.entries(where).every(([label, value]) =>
    typeof value === "string" ? item.labels[label] === value : value.includes(item.labels[label] ?? ""),
  );
}

/** The token that stands for a role; the last of the prompt for "last". Undefined where the item has no such role. */
export function positionOf(item: Item, role: string): number | undefined {
  return role === "last" ? item.ids.length - 1 : item.roles[role]?.last;
}

export const ofSplit = (items: readonly Item[], split: Item["split"], where?: Where): Item[] =>
  items.filter(item => item.split === split && fits(item, where));
