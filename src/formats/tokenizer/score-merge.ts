/**
 * SentencePiece's BPE: neighbours are merged, best score first and leftmost among equals, while the merged text is a token.
 * What is no token in the end is spelled in bytes. A heap of candidates keeps it n log n.
 */
export interface ScoredVocabulary {
  idOf(text: string): number | undefined;
  scoreOf(id: number): number;
  /** The token of one byte, where the vocabulary has them. */
  byteId(byte: number): number | undefined;
  readonly unknownId: number | undefined;
}

interface Candidate {
  score: number;
  left: number;
  right: number;
  /** Of both symbols when this was noted: a symbol that has grown since makes it stale. */
  length: number;
}

const encoder = new TextEncoder();

export function scoreMerge(text: string, vocabulary: ScoredVocabulary): number[] {
  const symbols = Array.from(text); // one a code point; "" once swallowed by its left neighbour
  const next = symbols.map((_, i) => i + 1);
  const previous = symbols.map((_, i) => i - 1);
  const heap = new Heap();
  const note = (left: number, right: number): void => {
    if (left < 0 || right >= symbols.length) return;
    const merged = symbols[left]! + symbols[right]!;
    const id = vocabulary.idOf(merged);
    if (id !== undefined) heap.push({ score: vocabulary.scoreOf(id), left, right, length: merged.length });
  };
  for (let i = 0; i + 1 < symbols.length; i++) note(i, i + 1);
  for (let best = heap.pop(); best; best = heap.pop()) {
    const { left, right } = best;
    if (symbols[left] === "" || symbols[right] === "" || symbols[left]!.length + symbols[right]!.length !== best.length)
      continue;
    symbols[left] += symbols[right]!;
    symbols[right] = "";
    next[left] = next[right]!;
    if (next[left]! < symbols.length) previous[next[left]!] = left;
    note(previous[left]!, left);
    note(left, next[left]!);
  }
  const ids: number[] = [];
  for (let i = 0; i < symbols.length; i = next[i]!) {
    const id = vocabulary.idOf(symbols[i]!);
    if (id !== undefined) {
      ids.push(id);
      continue;
    }
    const bytes = Array.from(encoder.encode(symbols[i]!), byte => vocabulary.byteId(byte));
    if (bytes.every(byte => byte !== undefined)) ids.push(...bytes);
    else if (vocabulary.unknownId !== undefined) ids.push(vocabulary.unknownId);
  }
  return ids;
}

/** Best score on top, leftmost among equals. */
class Heap {
  readonly #items: Candidate[] = [];

  push(item: Candidate): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(item, items[parent]!)) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): Candidate | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (!top || !last || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1]!, items[child]!)) child++;
      if (!before(items[child]!, last)) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = last;
    return top;
  }
}

const before = (a: Candidate, b: Candidate): boolean => a.score > b.score || (a.score === b.score && a.left < b.left);
