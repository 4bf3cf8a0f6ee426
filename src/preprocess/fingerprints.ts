import { addToHash, HASH_SEED, hashOf } from './word-hash.js';
import { IDEOGRAPHS, NUMBER, visitRuns } from './words-in-text.js';

export interface Fingerprints {
  /** 64-bit hash of the text, 16 hexadecimal digits. */
  readonly exact: string;
  /** 64-bit SimHash of its words, 16 hexadecimal digits. */
  readonly near: string;
}

const HALF = 32;
const GOLDEN_RATIO = 0x9e3779b9;

/** Says that a post repeats another one, which is what is to be found out. */
const REPOST = hashOf('rt');

/** Longest word that weighs more than a shorter one. */
const HEAVIEST = 8;

/** How many features have each bit set less how many have it clear; reused by every call. */
const votes = new Int32Array(2 * HALF);

/**
 * Fingerprints of a normalised text. No secret goes into them: they find repeats, they do not prove equality.
 *
 * `exact` runs two 32-bit multiplicative hashes with different multipliers over the units and mixes each with
 * the other at the end (the scheme of bryc's public-domain cyrb53, kept at 64 bits).
 *
 * `near` is Charikar's SimHash (STOC 2002) with the threshold of Manku, Jain and Das Sarma (WWW 2007): texts
 * that differ in at most 3 of the 64 bits are near-duplicates. Its features are words, each weighted by its
 * length, and pairs of neighbouring ideographs, so that posts which differ in mentions, addresses, numbers,
 * emoji, punctuation and order of words alone have the same one. A text without any word has its exact one.
 */
export function fingerprintsOf(normalised: string): Fingerprints {
  let low = 0x41c6ce57;
  let high = 0xdeadbeef | 0;
  for (let i = 0; i < normalised.length; i += 1) {
    const unit = normalised.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  const mixedHigh = mix(high) ^ mix(low ^ GOLDEN_RATIO);
  const mixedLow = mix(low) ^ mix(high ^ GOLDEN_RATIO);
  const exact = toHex(mixedHigh, mixedLow);
  return { exact, near: simHash(normalised) ?? exact };
}

function simHash(normalised: string): string | undefined {
  votes.fill(0);
  let features = 0;
  visitRuns(normalised, (start, end, kind, hash) => {
    if (kind === NUMBER || hash === REPOST) return;
    features += 1;
    if (kind !== IDEOGRAPHS || end - start < 3) {
      vote(hash, Math.min(end - start, HEAVIEST));
      return;
    }
    for (let i = start; i + 1 < end; i += 1) {
      vote(addToHash(addToHash(HASH_SEED, normalised.charCodeAt(i)), normalised.charCodeAt(i + 1)), 2);
    }
  });
  if (features === 0) return undefined;
  return toHex(majority(0), majority(HALF));
}

function vote(hash: number, weight: number): void {
  let high = mix(hash);
  let low = mix(hash ^ GOLDEN_RATIO);
  for (let bit = 0; bit < HALF; bit += 1) {
    votes[bit] = (votes[bit] ?? 0) + ((high & 1) === 1 ? weight : -weight);
    votes[HALF + bit] = (votes[HALF + bit] ?? 0) + ((low & 1) === 1 ? weight : -weight);
    high >>>= 1;
    low >>>= 1;
  }
}

function majority(first: number): number {
  let bits = 0;
  for (let bit = 0; bit < HALF; bit += 1) if ((votes[first + bit] ?? 0) > 0) bits |= 1 << bit;
  return bits;
}

/** Spreads each bit over all of them: the finaliser of Appleby's MurmurHash3. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

function toHex(high: number, low: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}
