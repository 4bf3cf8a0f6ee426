/** SimHash of 64 bits, as two numbers of 32. */
export interface SimHash {
  readonly high: number;
  readonly low: number;
}

/** Texts whose SimHashes differ in no more bits say the same (Manku, Jain and Das Sarma, WWW 2007). */
const MOST_BITS = 3;
/** One more than may differ: so of two near-duplicates at least one band is equal. */
export const BANDS = 4;

/** @param hex 16 hexadecimal digits */
export function simHash(hex: string): SimHash {
  return { high: Number.parseInt(hex.slice(0, 8), 16), low: Number.parseInt(hex.slice(8), 16) };
}

export function areNear(a: SimHash, b: SimHash): boolean {
  return areNearWords(a.high, a.low, b.high, b.low);
}

/** The same of two hashes by their words. */
export function areNearWords(highA: number, lowA: number, highB: number, lowB: number): boolean {
  return bitsSet(highA ^ highB) + bitsSet(lowA ^ lowB) <= MOST_BITS;
}

function bitsSet(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** One of four parts of 16 bits. */
export function bandOf({ high, low }: SimHash, band: number): number {
  const word = band < 2 ? high : low;
  return band % 2 === 0 ? word >>> 16 : word & 0xffff;
}
