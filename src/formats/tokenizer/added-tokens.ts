/**
 * Finds the tokens that are cut out of a text before anything else: control tokens and the user's own.
 * At each place the longest one wins; a trie, since a vocabulary may have 6,000 that begin with "<".
 */
interface Branch {
  id: number | undefined;
  next: Map<number, Branch>;
}

export type Piece = { readonly id: number } | { readonly text: string };

export class AddedTokens {
  readonly #root: Branch = { id: undefined, next: new Map() };

  constructor(tokens: Iterable<readonly [string, number]>) {
    for (const [text, id] of tokens) {
      let branch = this.#root;
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        let next = branch.next.get(unit);
        if (!next) branch.next.set(unit, (next = { id: undefined, next: new Map() }));
        branch = next;
      }
      if (text.length > 0) branch.id = id;
    }
  }

  /** The text in order: tokens that were found, and what lies between them. */
  split(text: string): Piece[] {
    const pieces: Piece[] = [];
    let from = 0;
    for (let i = 0; i < text.length; ) {
      let branch: Branch | undefined = this.#root;
      let found: { id: number; end: number } | undefined;
      for (let j = i; j < text.length; j++) {
        branch = branch.next.get(text.charCodeAt(j));
        if (!branch) break;
        if (branch.id !== undefined) found = { id: branch.id, end: j + 1 };
      }
      if (!found) {
        i++;
        continue;
      }
      if (i > from) pieces.push({ text: text.slice(from, i) });
      pieces.push({ id: found.id });
      from = i = found.end;
    }
    if (from < text.length) pieces.push({ text: text.slice(from) });
    return pieces;
  }
}
