import { z } from 'zod';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { TextWriter } from './text-writer.js';

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

export interface SimHash {
  readonly high: number;
  readonly low: number;
}

/** Texts whose SimHashes differ in no more bits say the same (Manku, Jain and Das Sarma, WWW 2007). */
const MOST_BITS = 3;
/** One more than may differ: so of two near-duplicates at least one band is equal. */
const BANDS = 4;
/** Posts looked at of one band or author, newest first: a crowd that shares one must not stop the worker. */
const MOST_LOOKED_AT = 256;
const FIRST_ROOM = 256;
const NONE: readonly RecentPost[] = [];
const NEVER: readonly EpochMillis[] = [];
const NO_BRANDS: readonly BrandId[] = [];

/** @param hex 16 hexadecimal digits */
export function simHash(hex: string): SimHash {
  return { high: Number.parseInt(hex.slice(0, 8), 16), low: Number.parseInt(hex.slice(8), 16) };
}

export function areNear(a: SimHash, b: SimHash): boolean {
  return bitsSet(a.high ^ b.high) + bitsSet(a.low ^ b.low) <= MOST_BITS;
}

function bitsSet(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * The last posts of a partition that repeat no other, at most `capacity` of them, the oldest leaving first. It depends
 * on the order of the partition's records alone, so that records which are read again meet the same posts.
 *
 * Posts are found through chains of those that share a band of the SimHash, an author or a tag, newest first, as
 * zlib finds its matches: a chain ends at the first post that has left.
 */
export class RecentPosts {
  readonly #capacity: number;
  #slots: Slots;
  #chains: readonly Chains[];
  /** Sequence numbers: posts are those from `#first` to before `#next`. */
  #first = 0;
  #next = 0;
  /** The inside of a JSON array. */
  readonly #journal = new TextWriter();
  #added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    const room = Math.min(FIRST_ROOM, powerOfTwo(capacity));
    this.#slots = new Slots(room);
    this.#chains = newChains(room);
  }

  /** Posts within `withinMillis` whose text is near, but for the post itself. */
  near({ tag, near, time }: RecentPost, withinMillis: number): readonly RecentPost[] {
    const slots = this.#slots;
    let found: number[] | undefined;
    for (let band = 0; band < BANDS; band += 1) {
      const chains = this.#chains[band];
      if (chains === undefined) continue;
      let at = chains.newest(bandOf(near, band));
      for (let looked = 0; at >= this.#first && looked < MOST_LOOKED_AT; looked += 1) {
        const isFound =
          slots.isNear(at, near) && slots.isOther(at, tag) && Math.abs(slots.time(at) - time) <= withinMillis;
        if (isFound) {
          // One that shares several bands was found by the first.
          if (found === undefined) found = [at];
          else if (!found.includes(at)) found.push(at);
        }
        at = chains.before(at);
      }
    }
    return found === undefined ? NONE : found.map((sequence) => slots.post(sequence));
  }

  /** When the newest `most` other posts of the post's author came whose brands are wanted, newest first. */
  timesByAuthor(
    { tag, author }: RecentPost,
    most: number,
    isWanted: (brands: readonly BrandId[]) => boolean = () => true,
  ): readonly EpochMillis[] {
    const chains = this.#chains[AUTHORS];
    if (author === 0 || chains === undefined) return NEVER;
    const slots = this.#slots;
    let found: EpochMillis[] | undefined;
    let at = chains.newest(author);
    for (let looked = 0; at >= this.#first && looked < MOST_LOOKED_AT; looked += 1) {
      if (slots.author(at) === author && slots.isOther(at, tag) && isWanted(slots.brands(at))) {
        if (found === undefined) found = [slots.time(at)];
        else found.push(slots.time(at));
        if (found.length >= most) break;
      }
      at = chains.before(at);
    }
    return found ?? NEVER;
  }

  /** Takes a post in; one of the same tag makes place for it. */
  add(post: RecentPost): void {
    this.#note(post.tag, post);
    this.#added += 1;
    this.#insert(post);
  }

  /** Keeps a post that is repeated still from leaving as an old one. */
  refresh(post: RecentPost): void {
    const sequence = this.#sequenceOf(post.tag);
    if (sequence !== undefined && this.#next - sequence > this.#capacity / 2) this.add(post);
  }

  /** Lets a post go that was deleted, so that the next one of its text counts. */
  forget(tag: number): void {
    if (!this.#remove(tag)) return;
    this.#note(tag);
  }

  /** What has changed since the last call, for `replay`; `undefined` where nothing has. */
  takeJournal(): { readonly text: string; readonly added: number } | undefined {
    if (this.#journal.isEmpty) return undefined;
    const journal = { text: `[${this.#journal.take()}]`, added: this.#added };
    this.#added = 0;
    return journal;
  }

  /**
   * Changes it as the one did whose journal it is.
   *
   * @returns how many posts it added
   * @throws for what `takeJournal` did not give
   */
  replay(journal: string): number {
    let added = 0;
    for (const entry of journalSchema.parse(JSON.parse(journal))) {
      if (entry.kind === 'removed') this.#remove(entry.tag);
      else {
        this.#insert(entry.post);
        added += 1;
      }
    }
    return added;
  }

  /** Notes a post that was taken in, or the tag alone of one that has left. */
  #note(tag: number, post?: RecentPost): void {
    const journal = this.#journal;
    journal.text(journal.isEmpty ? '[' : ',[');
    journal.number(tag, 10);
    if (post !== undefined) {
      for (const number of [post.near.high, post.near.low, post.author, post.time]) {
        journal.text(',');
        journal.number(number, 10);
      }
      for (const brand of post.brands) {
        journal.text(',');
        journal.text(JSON.stringify(brand));
      }
    }
    journal.text(']');
  }

  #insert(post: RecentPost): void {
    this.#remove(post.tag);
    if (this.#next - this.#first >= this.#capacity) this.#first += 1;
    if (this.#next - this.#first >= this.#slots.room) this.#grow();
    const sequence = this.#next;
    this.#next += 1;
    this.#slots.put(sequence, post);
    this.#link(post, sequence);
  }

  #link({ tag, near, author }: RecentPost, sequence: number): void {
    for (let band = 0; band < BANDS; band += 1) {
      this.#chains[band]?.link(bandOf(near, band), sequence);
    }
    if (author !== 0) this.#chains[AUTHORS]?.link(author, sequence);
    this.#chains[TAGS]?.link(tag, sequence);
  }

  #remove(tag: number): boolean {
    const sequence = this.#sequenceOf(tag);
    if (sequence === undefined) return false;
    // Its place stays, empty: chains lead through it.
    this.#slots.empty(sequence);
    return true;
  }

  #sequenceOf(tag: number): number | undefined {
    const chains = this.#chains[TAGS];
    if (chains === undefined) return undefined;
    for (let at = chains.newest(tag); at >= this.#first; at = chains.before(at)) {
      if (this.#slots.tag(at) === tag) return at;
    }
    return undefined;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Slots(before.room * 2);
    this.#chains = newChains(before.room * 2);
    for (let sequence = this.#first; sequence < this.#next; sequence += 1) {
      if (before.tag(sequence) === EMPTY) continue;
      const post = before.post(sequence);
      this.#slots.put(sequence, post);
      this.#link(post, sequence);
    }
  }
}

/** In place of a tag. */
const EMPTY = -1;

/** Posts by the lower bits of their sequence numbers, in columns: an object for each would keep the collector busy. */
class Slots {
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

  isNear(sequence: number, { high, low }: SimHash): boolean {
    const slot = sequence & this.#mask;
    return (
      bitsSet(high ^ (this.#near[2 * slot] ?? 0)) + bitsSet(low ^ (this.#near[2 * slot + 1] ?? 0)) <=
      MOST_BITS
    );
  }
}

/** After the bands. */
const AUTHORS = BANDS;
const TAGS = BANDS + 1;

function newChains(room: number): readonly Chains[] {
  return Array.from({ length: TAGS + 1 }, () => new Chains(room));
}

/** Lists of sequence numbers by key, newest first. Keys that share a list are for the reader to tell apart. */
class Chains {
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

/** One of four parts of 16 bits. */
function bandOf({ high, low }: SimHash, band: number): number {
  const word = band < 2 ? high : low;
  return band % 2 === 0 ? word >>> 16 : word & 0xffff;
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, atLeast)));
}

const whole = z.number().int();
const journalSchema = z.array(
  z.union([
    z.tuple([whole]).transform(([tag]) => ({ kind: 'removed' as const, tag })),
    z
      .tuple([whole, whole, whole, whole, whole], z.string())
      .transform(([tag, high, low, author, time, ...brands]) => ({
        kind: 'added' as const,
        post: { tag, near: { high, low }, author, time: epochMillis(time), brands: brands.map(brandId) },
      })),
  ]),
);
