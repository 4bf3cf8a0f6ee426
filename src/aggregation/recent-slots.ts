import { type BrandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { areNearWords, type SimHash } from './sim-hash.js';

/** What is kept of a post to tell later ones that repeat it, or that its author wrote. */
export interface RecentPost {
  /** `hash53` of its id. */
  readonly tag: number;
  /** SimHash of 64 bits, as two numbers of 32. */
  readonly near: SimHash;
  /** `hash53` of the author's hash, 0 where nobody is named. */
  readonly author: number;
  readonly time: EpochMillis;
  /** None for a post of no configured brand. */
  readonly brands: readonly BrandId[];
}

const NO_BRANDS: readonly BrandId[] = [];

/** In place of a tag. */
export const EMPTY = -1;

/** Posts by the lower bits of their sequence numbers, in columns: an object for each would keep the collector busy. */
export class Slots {
  readonly room: number;
  readonly #mask: number;
  readonly #tags: Float64Array;
  /** Two words for each. */
  readonly #near: Uint32Array;
  readonly #authors: Float64Array;
  readonly #times: Float64Array;
  readonly #brands: Array<readonly BrandId[]>;

  constructor(room: number) {
    this.room = room;
    this.#mask = room - 1;
    this.#tags = new Float64Array(room).fill(EMPTY);
    this.#near = new Uint32Array(2 * room);
    this.#authors = new Float64Array(room);
    this.#times = new Float64Array(room);
    this.#brands = new Array(room).fill(NO_BRANDS);
  }

  put(sequence: number, { tag, near, author, time, brands }: RecentPost): void {
    const slot = sequence & this.#mask;
    this.#tags[slot] = tag;
    this.#near[2 * slot] = near.high;
    this.#near[2 * slot + 1] = near.low;
    this.#authors[slot] = author;
    this.#times[slot] = time;
    this.#brands[slot] = brands;
  }

  empty(sequence: number): void {
    const slot = sequence & this.#mask;
    this.#tags[slot] = EMPTY;
    this.#brands[slot] = NO_BRANDS;
  }

  post(sequence: number): RecentPost {
    const slot = sequence & this.#mask;
    return {
      tag: this.tag(sequence),
      near: { high: this.#near[2 * slot] ?? 0, low: this.#near[2 * slot + 1] ?? 0 },
      author: this.author(sequence),
      time: this.time(sequence),
      brands: this.brands(sequence),
    };
  }

  tag(sequence: number): number {
    return this.#tags[sequence & this.#mask] ?? EMPTY;
  }

  author(sequence: number): number {
    return this.#authors[sequence & this.#mask] ?? 0;
  }

  time(sequence: number): EpochMillis {
    return epochMillis(this.#times[sequence & this.#mask] ?? 0);
  }

  brands(sequence: number): readonly BrandId[] {
    return this.#brands[sequence & this.#mask] ?? NO_BRANDS;
  }

  /** Whether there is a post, and another one than that of the tag. */
  isOther(sequence: number, tag: number): boolean {
    const own = this.tag(sequence);
    return own !== EMPTY && own !== tag;
  }

  /** Without an object for the one that is there: it is asked of every post that is looked at. */
  isNear(sequence: number, { high, low }: SimHash): boolean {
    const slot = sequence & this.#mask;
    return areNearWords(high, low, this.#near[2 * slot] ?? 0, this.#near[2 * slot + 1] ?? 0);
  }
}

/** Lists of sequence numbers by key, newest first. Keys that share a list are for the reader to tell apart. */
export class Chains {
  readonly #mask: number;
  readonly #newest: Float64Array;
  readonly #before: Float64Array;

  constructor(room: number) {
    this.#mask = room - 1;
    this.#newest = new Float64Array(room).fill(-1);
    this.#before = new Float64Array(room).fill(-1);
  }

  link(key: number, sequence: number): void {
    const list = key & this.#mask;
    this.#before[sequence & this.#mask] = this.#newest[list] ?? -1;
    this.#newest[list] = sequence;
  }

  newest(key: number): number {
    return this.#newest[key & this.#mask] ?? -1;
  }

  before(sequence: number): number {
    return this.#before[sequence & this.#mask] ?? -1;
  }
}
