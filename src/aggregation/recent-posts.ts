import { z } from 'zod';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';

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
  #posts: Array<RecentPost | undefined>;
  #chains: readonly Chains[];
  /** Sequence numbers: posts are those from `#first` to before `#next`. */
  #first = 0;
  #next = 0;
  #journal: unknown[] = [];
  #added = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    const room = Math.min(FIRST_ROOM, powerOfTwo(capacity));
    this.#posts = new Array(room).fill(undefined);
    this.#chains = newChains(room);
  }

  /** Posts within `withinMillis` whose text is near, but for the post itself. */
  near(post: RecentPost, withinMillis: number): readonly RecentPost[] {
    let found: RecentPost[] | undefined;
    for (let band = 0; band < BANDS; band += 1) {
      this.#visit(band, bandOf(post.near, band), (other) => {
        if (!areNear(other.near, post.near) || other.tag === post.tag) return false;
        if (Math.abs(other.time - post.time) > withinMillis) return false;
        // One that shares several bands was found by the first.
        if (found?.includes(other)) return false;
        if (found === undefined) found = [other];
        else found.push(other);
        return false;
      });
    }
    return found ?? NONE;
  }

  /** The newest `most` other posts of the post's author that are wanted, newest first. */
  byAuthor(
    post: RecentPost,
    most: number,
    isWanted: (other: RecentPost) => boolean = () => true,
  ): readonly RecentPost[] {
    if (post.author === 0) return NONE;
    let found: RecentPost[] | undefined;
    this.#visit(AUTHORS, post.author, (other) => {
      if (other.author !== post.author || other.tag === post.tag || !isWanted(other)) return false;
      if (found === undefined) found = [other];
      else found.push(other);
      return found.length >= most;
    });
    return found ?? NONE;
  }

  /** Takes a post in; one of the same tag makes place for it. */
  add(post: RecentPost): void {
    this.#journal.push(packPost(post));
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
    this.#journal.push([tag]);
  }

  /** What has changed since the last call, for `replay`; `undefined` where nothing has. */
  takeJournal(): { readonly text: string; readonly added: number } | undefined {
    if (this.#journal.length === 0) return undefined;
    const journal = { text: JSON.stringify(this.#journal), added: this.#added };
    this.#journal = [];
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

  #insert(post: RecentPost): void {
    this.#remove(post.tag);
    if (this.#next - this.#first >= this.#capacity) this.#first += 1;
    if (this.#next - this.#first >= this.#posts.length) this.#grow();
    const sequence = this.#next;
    this.#next += 1;
    this.#posts[sequence & (this.#posts.length - 1)] = post;
    this.#link(post, sequence);
  }

  #link(post: RecentPost, sequence: number): void {
    for (let band = 0; band < BANDS; band += 1) {
      this.#chains[band]?.link(bandOf(post.near, band), sequence);
    }
    if (post.author !== 0) this.#chains[AUTHORS]?.link(post.author, sequence);
    this.#chains[TAGS]?.link(post.tag, sequence);
  }

  #remove(tag: number): boolean {
    const sequence = this.#sequenceOf(tag);
    if (sequence === undefined) return false;
    // Its place stays, empty: chains lead through it.
    this.#posts[sequence & (this.#posts.length - 1)] = undefined;
    return true;
  }

  #sequenceOf(tag: number): number | undefined {
    const chains = this.#chains[TAGS];
    if (chains === undefined) return undefined;
    for (let at = chains.newest(tag); at >= this.#first; at = chains.before(at)) {
      if (this.#posts[at & (this.#posts.length - 1)]?.tag === tag) return at;
    }
    return undefined;
  }

  /** Shows the posts of a list, newest first, until the visitor has enough. */
  #visit(index: number, key: number, visitor: (post: RecentPost) => boolean): void {
    const chains = this.#chains[index];
    if (chains === undefined) return;
    const mask = this.#posts.length - 1;
    let looked = 0;
    for (let at = chains.newest(key); at >= this.#first && looked < MOST_LOOKED_AT; at = chains.before(at)) {
      looked += 1;
      const post = this.#posts[at & mask];
      if (post !== undefined && visitor(post)) return;
    }
  }

  #grow(): void {
    const before = this.#posts;
    const room = before.length * 2;
    this.#posts = new Array(room).fill(undefined);
    this.#chains = newChains(room);
    for (let sequence = this.#first; sequence < this.#next; sequence += 1) {
      const post = before[sequence & (before.length - 1)];
      this.#posts[sequence & (room - 1)] = post;
      if (post !== undefined) this.#link(post, sequence);
    }
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

function packPost({ tag, near, author, time, brands }: RecentPost): unknown {
  return [tag, near.high, near.low, author, time, ...brands];
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
