export const ROOT = 0;
export const NONE = -1;

/**
 * A trie of words over UTF-16 code units, as arrays by state. States are numbered level by level, the root first, so
 * that those one unit below a state are neighbours, in the order of their units: 14 bytes a state and no hash table,
 * so that what a text needs of it stays in a processor's cache.
 */
export interface Trie {
  /** The first of the states one unit below; the last of them lies before that of the next state. */
  readonly firstBelow: Uint32Array;
  /** The unit that leads to a state. */
  readonly unitOf: Uint16Array;
  /** The state one unit above. */
  readonly above: Uint32Array;
  /** Place of the word that a state spells, of equal ones the last; `NONE` where it spells none. */
  readonly wordAt: Int32Array;
  /** States below the root by their units, since most of a text is read from there; `ROOT` where there is none. */
  readonly belowRoot: Uint16Array;
}

/** @param words an empty one is passed over */
export function createTrie(words: readonly string[]): Trie {
  const places = new Map(words.map((word, place) => [word, place]));
  places.delete('');
  const sorted = [...places.keys()].sort();

  // A state stands for the sorted words from one to another, which are alike up to it.
  const froms = [0];
  const tos = [sorted.length];
  const unitOf = [0];
  const above = [ROOT];
  const firstBelow: number[] = [];
  const wordAt: number[] = [];
  let depth = 0;
  let levelEnd = 1;
  for (let state = ROOT; state < froms.length; state += 1) {
    if (state === levelEnd) {
      depth += 1;
      levelEnd = froms.length;
    }
    firstBelow.push(froms.length);
    let from = froms[state] ?? 0;
    const to = tos[state] ?? 0;
    const shortest = sorted[from] ?? '';
    wordAt.push(shortest.length === depth ? (places.get(shortest) ?? NONE) : NONE);
    if (shortest.length === depth) from += 1;
    while (from < to) {
      const unit = sorted[from]?.charCodeAt(depth) ?? 0;
      froms.push(from);
      while (from < to && sorted[from]?.charCodeAt(depth) === unit) from += 1;
      tos.push(from);
      unitOf.push(unit);
      above.push(state);
    }
  }
  firstBelow.push(froms.length);

  const belowRoot = new Uint16Array(0x10000);
  for (let state = 1; state < (firstBelow[1] ?? 0); state += 1) belowRoot[unitOf[state] ?? 0] = state;
  return {
    firstBelow: new Uint32Array(firstBelow),
    unitOf: new Uint16Array(unitOf),
    above: new Uint32Array(above),
    wordAt: new Int32Array(wordAt),
    belowRoot,
  };
}

/** The state that `unit` leads to from another, or `NONE`. */
export function follow({ firstBelow, unitOf, belowRoot }: Trie, state: number, unit: number): number {
  if (state === ROOT) return belowRoot[unit] || NONE;
  let low = firstBelow[state] ?? 0;
  let high = firstBelow[state + 1] ?? 0;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = unitOf[middle] ?? 0;
    if (found === unit) return middle;
    if (found < unit) low = middle + 1;
    else high = middle;
  }
  return NONE;
}
