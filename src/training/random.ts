/** Random numbers that a seed repeats. */
export interface Random {
  /** At least 0 and less than 1. */
  next(): number;
  /** A whole number of 31 bits. */
  integer(): number;
  /** Where the sequence stands: `createRandom(state)` goes on from here. */
  state(): number;
}

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, enough to shuffle and to drop words. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const bits = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return { next: () => bits() / 2 ** 32, integer: () => bits() >>> 1, state: () => state };
}

/** Shuffles in place (Fisher and Yates). */
export function shuffle<Item>(items: Item[], random: Random): Item[] {
  for (let last = items.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    const [a, b] = [items[last], items[other]];
    if (a === undefined || b === undefined) continue;
    items[last] = b;
    items[other] = a;
  }
  return items;
}
