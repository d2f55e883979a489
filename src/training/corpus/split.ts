/**
 * What the specimen is never shown: the held-out items of every task.
 *
 * The split belongs to the corpus, not to a run: it does not depend on the training seed, so that runs with several
 * seeds (and the quarter and fourfold siblings) are judged on the same questions.
 */
import { hash } from "./random.ts";

const salt = "lucida specimen split 1";

/** A number in [0, 1) that belongs to this item for good. */
export function lot(kind: string, item: string): number {
  return hash(`${salt}/${kind}/${item}`) / 4294967296;
}

/** Whether `item` ("36+59", "Dallas", "petit:fr") of a kind of question is kept out of training. */
export function heldOut(kind: string, item: string, share: number): boolean {
  return lot(kind, item) < share;
}

/** Number pairs are held out in both orders. */
export function heldOutPair(kind: string, a: number, b: number, share = 0.2): boolean {
  return heldOut(kind, a < b ? `${a}+${b}` : `${b}+${a}`, share);
}

/** Of the `count` forms of an item (its languages, its directions), the one held out, or -1: a `share` of items loses one. */
export function heldOutForm(kind: string, item: string, count: number, share: number): number {
  return heldOut(kind, item, share) ? Math.floor(lot(`${kind} form`, item) * count) : -1;
}
