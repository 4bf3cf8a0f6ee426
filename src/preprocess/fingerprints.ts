import { addToHash, HASH_SEED, hashOf } from './word-hash.js';
import { IDEOGRAPHS, NUMBER, type Runs, runsOf } from './words-in-text.js';

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

/** Weight of the features that have each bit set; reused by every call, as are the next two. */
const votes = new Int32Array(2 * HALF);
/**
 * The same sums not yet in `votes`, four to a number: byte b of number k is that of bit 8b + k of the high half,
 * of number 8 + k the low half's. Adding them costs 16 steps a feature where bit by bit it costs 64.
 */
const lanes = new Int32Array(16);
let inLanes = 0;
const LANE_MASK = 0x01010101;
const LANE_LIMIT = 255;

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
 *
 * @param runs of the text, where they are found already
 */
export function fingerprintsOf(normalised: string, runs = runsOf(normalised)): Fingerprints {
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
  return { exact, near: simHash(normalised, runs) ?? exact };
}

function simHash(normalised: string, { count, starts, ends, kinds, hashes }: Runs): string | undefined {
  votes.fill(0);
  let total = 0;
  for (let run = 0; run < count; run += 1) {
    const hash = hashes[run] ?? 0;
    if (kinds[run] === NUMBER || hash === REPOST) continue;
    const start = starts[run] ?? 0;
    const end = ends[run] ?? 0;
    if (kinds[run] !== IDEOGRAPHS || end - start < 3) {
      total += vote(hash, Math.min(end - start, HEAVIEST));
      continue;
    }
    for (let i = start; i + 1 < end; i += 1) {
      const pair = addToHash(addToHash(HASH_SEED, normalised.charCodeAt(i)), normalised.charCodeAt(i + 1));
      total += vote(pair, 2);
    }
  }
  if (total === 0) return undefined;
  emptyLanes();
  return toHex(majority(0, total), majority(HALF, total));
}

/** Adds a feature's weight to the bits that its hash has set; gives the weight. */
function vote(hash: number, weight: number): number {
  if (inLanes + weight > LANE_LIMIT) emptyLanes();
  const high = mix(hash);
  const low = mix(hash ^ GOLDEN_RATIO);
  for (let k = 0; k < 8; k += 1) {
    lanes[k] = (lanes[k] ?? 0) + weight * ((high >>> k) & LANE_MASK);
    lanes[8 + k] = (lanes[8 + k] ?? 0) + weight * ((low >>> k) & LANE_MASK);
  }
  inLanes += weight;
  return weight;
}

function emptyLanes(): void {
  for (let k = 0; k < 16; k += 1) {
    const first = k < 8 ? k : HALF + k - 8;
    const sums = lanes[k] ?? 0;
    for (let byte = 0; byte < 4; byte += 1) {
      const bit = first + 8 * byte;
      votes[bit] = (votes[bit] ?? 0) + ((sums >>> (8 * byte)) & 0xff);
    }
  }
  lanes.fill(0);
  inLanes = 0;
}

/** The 32 bits from `first` on, each set where features of more than half of the weight have it set. */
function majority(first: number, total: number): number {
  let bits = 0;
  for (let bit = 0; bit < HALF; bit += 1) if (2 * (votes[first + bit] ?? 0) > total) bits |= 1 << bit;
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

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function toHex(high: number, low: number): string {
  return hexOf(high) + hexOf(low);
}

/** Each byte looked up: `toString(16)` and `padStart` take ten times as long. */
function hexOf(bits: number): string {
  const byte = (shift: number) => HEX_OF_BYTE[(bits >>> shift) & 0xff] ?? '';
  return byte(24) + byte(16) + byte(8) + byte(0);
}
