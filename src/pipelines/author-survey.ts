import type { Config } from '../config/schema.js';
import { systemClock } from '../contracts/clock.js';
import {
  assignmentEpoch,
  type BrandId,
  type EpochMillis,
  epochMillis,
  type PostId,
  postId,
} from '../contracts/ids.js';
import { readScoredPost } from '../contracts/read-scored-post.js';
import type { SourceRecord } from '../contracts/record.js';
import { packRecords } from '../contracts/record-batch.js';
import { type RegisteredSchemas, schemaIdOf } from '../contracts/registered-schema.js';
import type { ScoredPost } from '../contracts/scored-post.js';
import { openSchemaRegistry } from '../registry/schema-registry.js';
import { hashAuthor } from '../scoring/author-hash.js';
import { createDecoder } from '../scoring/decode.js';
import { compileFieldPath } from '../scoring/field-path.js';
import { createRegisteredReader } from '../scoring/registered-message.js';
import type { OffsetRange, Streams } from '../streams/port.js';
import { scan } from '../streams/scan.js';
import { jsonOf, textOf } from './record-values.js';

/** Topics on which an author's records may be. */
export const SURVEYED = ['posts', 'scored', 'deadLetters'] as const;
export type Surveyed = (typeof SURVEYED)[number];

/** A post of the author, as far as the topics still tell. */
export interface FoundPost {
  readonly id: PostId;
  /** Where it is, or was, on the topic of posts, and on those that follow it by their partitions. */
  readonly partitions: readonly number[];
  /** Those of them in which nothing has deleted it since. */
  readonly undeletedIn: readonly number[];
  /** In which windows it was counted, where its result is still there. */
  readonly counted?: { readonly time: EpochMillis; readonly brands: readonly BrandId[] };
}

/** The author's records on a topic. */
export interface Holding {
  readonly records: number;
  /** Timestamp of the newest. */
  readonly newest: EpochMillis | undefined;
}

export interface AuthorSurvey {
  readonly posts: readonly FoundPost[];
  readonly holdings: Readonly<Record<Surveyed, Holding>>;
}

export interface SurveyAuthorOptions {
  /** As posts name the author. */
  readonly author: string;
  readonly config: Pick<Config, 'topics' | 'input' | 'output'>;
  /** Begins the names of groups that exist while topics are read. */
  readonly group: string;
  /** Called now and then, with how many records of how many have been read. */
  readonly onProgress?: (done: number, total: number) => void;
}

const PROGRESS_EVERY = 1_000;

type Seen = 'post' | 'deletion';

/**
 * Reads the topics once, from their starts to where they end now, for records of an author. Results are known by the
 * ids of posts that are still there, and by the author's hash where `output.authorKey` is set.
 *
 * @throws SentifluxError SF_TOPIC_MISSING, SF_STREAM_UNREACHABLE; SF_REGISTRY_UNREACHABLE, SF_REGISTRY_REFUSED where a
 *   post cannot be read because its schema cannot be had
 */
export async function surveyAuthor(streams: Streams, options: SurveyAuthorOptions): Promise<AuthorSurvey> {
  const { author, config, group, onProgress } = options;
  const { topics } = config;
  const isOfAuthor = createAuthorTest(author, config);
  const { authorKey } = config.output;
  const authorHash = authorKey === undefined ? undefined : hashAuthor(authorKey, author);
  const found = new Found();

  const readers: Readonly<Record<Surveyed, (record: SourceRecord) => boolean | Promise<boolean>>> = {
    async posts(record) {
      const { id, isAuthors } = await isOfAuthor(record);
      if (id === undefined) return isAuthors;
      if (isAuthors) found.note(id, record.partition, 'posts', 'post');
      else if (record.value === null) found.noteDeletion(id, record.partition, 'posts');
      return isAuthors;
    },
    scored(record) {
      if (record.value === null) {
        const id = textOf(record.key);
        if (id !== undefined) found.noteDeletion(postId(id), record.partition, 'scored');
        return false;
      }
      const post = resultIn(record);
      if (post === undefined || !(found.has(post.id) || (authorHash && post.authorHash === authorHash)))
        return false;
      found.note(post.id, record.partition, 'scored', 'post', post);
      return true;
    },
    deadLetters: async (record) => (await isOfAuthor(record)).isAuthors,
  };

  const ranges = new Map<Surveyed, ReadonlyMap<number, OffsetRange>>();
  for (const name of SURVEYED) ranges.set(name, await streams.ranges(topics[name]));
  let total = 0;
  for (const ofTopic of ranges.values()) for (const { start, end } of ofTopic.values()) total += end - start;
  let done = 0;
  const holdings: Record<Surveyed, Holding> = { posts: NOTHING, scored: NOTHING, deadLetters: NOTHING };
  for (const [name, ofTopic] of ranges) {
    const topic = topics[name];
    for await (const record of scan(streams, { topic, group: `${group}.${name}`, ranges: ofTopic })) {
      if (await readers[name](record)) holdings[name] = withRecord(holdings[name], record);
      done += 1;
      if (done % PROGRESS_EVERY === 0) onProgress?.(done, total);
    }
  }
  onProgress?.(total, total);
  return { posts: found.posts(), holdings };
}

const NOTHING: Holding = { records: 0, newest: undefined };

function withRecord({ records, newest }: Holding, { timestamp }: SourceRecord): Holding {
  return { records: records + 1, newest: epochMillis(Math.max(newest ?? timestamp, timestamp)) };
}

/** Results that are none are nobody's. */
function resultIn({ value }: SourceRecord): ScoredPost | undefined {
  try {
    return readScoredPost(jsonOf(value));
  } catch {
    return undefined;
  }
}

interface Tested {
  /** `undefined` where the record names no post. */
  readonly id: PostId | undefined;
  readonly isAuthors: boolean;
}

/**
 * Tells whether a record as a producer wrote it is of the author: as the worker reads it, else by the field of the
 * author, else, where it is not even JSON, by the id in quotation marks among its bytes; in Avro and Protobuf a text
 * stands without them.
 */
function createAuthorTest(
  author: string,
  { input }: Pick<Config, 'input'>,
): (record: SourceRecord) => Promise<Tested> {
  const registry = openSchemaRegistry(input.registry, systemClock);
  const decode = createDecoder(input, registry && createRegisteredReader());
  const readAuthor = compileFieldPath(input.fields.author);
  const schemasOf = async (value: Uint8Array | null): Promise<RegisteredSchemas> => {
    const id = schemaIdOf(value);
    return new Map(registry === undefined || id === undefined ? [] : [[id, await registry.schema(id)]]);
  };
  return async (record) => {
    const batch = packRecords([record], assignmentEpoch(0));
    const decoded = decode({ ...batch, schemas: await schemasOf(record.value) }, 0);
    switch (decoded.kind) {
      case 'post':
        return { id: decoded.post.id, isAuthors: decoded.post.author === author };
      case 'deletion':
        return { id: decoded.id, isAuthors: false };
      case 'rejected':
        return { id: undefined, isAuthors: mentions(record.value, author, readAuthor) };
    }
  };
}

function mentions(
  value: Uint8Array | null,
  author: string,
  readAuthor: (message: object) => unknown,
): boolean {
  if (value === null) return false;
  let message: unknown;
  try {
    message = jsonOf(value);
  } catch {
    const told = schemaIdOf(value) === undefined ? JSON.stringify(author) : author;
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(told);
  }
  const named = typeof message === 'object' && message !== null ? readAuthor(message) : undefined;
  return (typeof named === 'string' || typeof named === 'number') && String(named) === author;
}

interface KnownPost {
  /** By partition: on the topic of posts, and on that of results. */
  readonly posts: Map<number, Seen>;
  readonly scored: Map<number, Seen>;
  counted?: NonNullable<FoundPost['counted']>;
}

/** The author's posts, and what was said of each last. */
class Found {
  readonly #posts = new Map<PostId, KnownPost>();

  has(id: PostId): boolean {
    return this.#posts.has(id);
  }

  note(id: PostId, partition: number, topic: 'posts' | 'scored', seen: Seen, result?: ScoredPost): void {
    const post: KnownPost = this.#posts.get(id) ?? { posts: new Map(), scored: new Map() };
    this.#posts.set(id, post);
    post[topic].set(partition, seen);
    if (result !== undefined)
      post.counted = { time: epochMillis(Date.parse(result.createdAt)), brands: result.brands };
  }

  noteDeletion(id: PostId, partition: number, topic: 'posts' | 'scored'): void {
    if (this.has(id)) this.note(id, partition, topic, 'deletion');
  }

  /** What the topic of posts says counts; of a post that it has lost already, what that of results says. */
  posts(): readonly FoundPost[] {
    return [...this.#posts].map(([id, { posts, scored, counted }]) => {
      const last = new Map([...scored, ...posts]);
      return {
        id,
        partitions: [...last.keys()],
        undeletedIn: [...last].filter(([, seen]) => seen === 'post').map(([partition]) => partition),
        ...(counted && { counted }),
      };
    });
  }
}
