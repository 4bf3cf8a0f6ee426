/**
 * FNV-1a with 32 bits over UTF-16 code units (Fowler, Noll, Vo; draft-eastlake-fnv): one multiplication a unit,
 * and a word's hash grows with each unit read, so that no stage has to cut words out of a text as strings.
 */
export const HASH_SEED = 0x811c9dc5 | 0;

const PRIME = 0x01000193;

export function addToHash(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, PRIME);
}

/** Hash of `text` from `start` to `end`. */
export function hashOf(text: string, start = 0, end = text.length, seed = HASH_SEED): number {
  let hash = seed;
  for (let i = start; i < end; i += 1) hash = addToHash(hash, text.charCodeAt(i));
  return hash;
}

/** What to take a slot's number from: FNV's low bits are its weakest; folding the high half in evens them out. */
export function spread(hash: number): number {
  return hash ^ (hash >>> 15);
}

/** Which words are listed, and a number for each: open addressing on the words' 32-bit hashes. */
export interface WordTable {
  /** The number stored with a word's hash; 0 where the word is not listed. */
  valueOf(hash: number): number;
}

/** @param values by hash; a value is never 0 */
export function createWordTable(values: ReadonlyMap<number, number>): WordTable {
  let size = 64;
  while (size < 4 * values.size) size *= 2;
  const mask = size - 1;
  // A hash and its value side by side, so that a look-up reads one line of a cache.
  const slots = new Int32Array(2 * size);

  const next = (slot: number) => (slot + 1) & mask;

  for (const [hash, value] of values) {
    let slot = spread(hash) & mask;
    while (slots[2 * slot + 1] !== 0) slot = next(slot);
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = value;
  }
  return {
    valueOf(hash) {
      let slot = spread(hash) & mask;
      for (;;) {
        const value = slots[2 * slot + 1] ?? 0;
        if (value === 0 || slots[2 * slot] === hash) return value;
        slot = next(slot);
      }
    },
  };
}
