import { z } from 'zod';
import { type BrandId, brandId, type EpochMillis, epochMillis } from '../contracts/ids.js';
import { Chains, EMPTY, type RecentPost, Slots } from './recent-slots.js';
import { BANDS, bandOf } from './sim-hash.js';
import { TextWriter } from './text-writer.js';

/** Posts looked at of one band or author, newest first: a crowd that shares one must not stop the worker. */
const MOST_LOOKED_AT = 256;
const FIRST_ROOM = 256;
const NONE: readonly RecentPost[] = [];
const NEVER: readonly EpochMillis[] = [];

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

/** After the bands. */
const AUTHORS = BANDS;
const TAGS = BANDS + 1;

function newChains(room: number): readonly Chains[] {
  return Array.from({ length: TAGS + 1 }, () => new Chains(room));
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
