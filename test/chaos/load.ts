import { setTimeout as wait } from 'node:timers/promises';
import { epochMillis } from '../../src/contracts/ids.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import type { Producer } from '../../src/streams/port.js';
import type { Oracle } from './oracle.js';
import { BAD_VALUES, type KnownText } from './posts.js';

const TICK_MILLIS = 50;
/** Posts arrive a little out of order. */
const MOST_BEHIND_MILLIS = 900;
const BAD_SHARE = 1 / 100;
const MOST_IN_ONE_WRITE = 1_000;
const SOURCES = ['social', 'news', 'forum'];

export interface LoadOptions {
  readonly producer: Producer;
  readonly topic: string;
  readonly texts: readonly KnownText[];
  readonly oracle: Oracle;
  /** Numbers from 0 to 1. */
  readonly random: () => number;
  readonly postsPerSecond: number;
  /** After so many posts it goes on at a tenth of the rate: a slow machine is not to be buried. */
  readonly posts: number;
}

/**
 * Writes posts all the time, so that there is something under way whenever a fault strikes. What cannot be written
 * is written again until it is acknowledged: all that the load has counted is on the topic, some of it perhaps twice.
 */
export class Load {
  /** Ids of posts and keys of bad posts that Kafka has acknowledged. */
  readonly posts = new Set<string>();
  readonly badPosts = new Set<string>();
  postsPerSecond: number;
  /** How many posts are enough: after them the load goes on at a tenth of its rate. */
  enough: number;
  plantsBadPosts = true;
  readonly #options: LoadOptions;
  #stopping = false;
  readonly #running: Promise<void>;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.postsPerSecond = options.postsPerSecond;
    this.enough = options.posts;
    this.#running = this.#run();
  }

  /** Resolves when as many posts are written as are enough. */
  async isEnough(): Promise<void> {
    while (this.posts.size < this.enough) await wait(TICK_MILLIS);
  }

  /** Goes on until so many posts are written, then ends. */
  async finish(posts: number): Promise<void> {
    this.#stopping = true;
    await this.#running;
    while (this.posts.size < posts) await this.#write(Math.min(MOST_IN_ONE_WRITE, posts - this.posts.size));
  }

  /** Writes a post that nobody will be able to score, and that belongs into the dead letters. */
  async writeBad(value: Uint8Array): Promise<void> {
    const key = `planted-${this.badPosts.size}`;
    await this.#acknowledged([{ topic: this.#options.topic, key: Buffer.from(key), value }]);
    this.badPosts.add(key);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    let due = 0;
    for (let last = performance.now(); !this.#stopping; await wait(TICK_MILLIS)) {
      const now = performance.now();
      const wasEnough = this.posts.size >= this.enough;
      due += ((now - last) * this.postsPerSecond) / (wasEnough ? 10_000 : 1_000);
      last = now;
      const count = Math.min(MOST_IN_ONE_WRITE, Math.floor(due));
      // What was missed while nothing could be written is not made up for.
      due = count === MOST_IN_ONE_WRITE ? 0 : due - count;
      if (count > 0) await this.#write(count);
    }
  }

  async #write(count: number): Promise<void> {
    const records: OutputRecord[] = [];
    const posts: string[] = [];
    const badPosts: string[] = [];
    for (let i = 0; i < count; i += 1) {
      const number = this.posts.size + posts.length;
      posts.push(`post-${number}`);
      records.push(this.#post(`post-${number}`));
      if (this.plantsBadPosts && this.#options.random() < BAD_SHARE) {
        const key = `bad-${this.badPosts.size + badPosts.length}`;
        badPosts.push(key);
        records.push({ topic: this.#options.topic, key: Buffer.from(key), value: this.#pick(BAD_VALUES) });
      }
    }
    await this.#acknowledged(records);
    for (const id of posts) this.posts.add(id);
    for (const key of badPosts) this.badPosts.add(key);
  }

  #post(id: string): OutputRecord {
    const { topic, texts, oracle, random } = this.#options;
    const text = this.#pick(texts);
    const createdAt = epochMillis(Date.now() - Math.floor(random() * MOST_BEHIND_MILLIS));
    oracle.count(text, createdAt);
    const value = {
      id,
      text: text.text,
      source: this.#pick(SOURCES),
      author: `author-${id.length}`,
      createdAt,
    };
    return { topic, key: Buffer.from(id), value: Buffer.from(JSON.stringify(value)) };
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#options.random() * items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  async #acknowledged(records: readonly OutputRecord[]): Promise<void> {
    for (;;) {
      try {
        return await this.#options.producer.send(records);
      } catch {
        await wait(200);
      }
    }
  }
}
