import { randomUUID } from 'node:crypto';
import type { Config } from '../../src/config/schema.js';
import type { SourceRecord } from '../../src/contracts/record.js';
import { SOURCE_HEADERS } from '../../src/contracts/scored-post.js';
import type { Streams } from '../../src/streams/port.js';
import { scan } from '../../src/streams/scan.js';

/** Most ids that a finding names. */
const NAMED = 5;

export interface Expected {
  readonly posts: ReadonlySet<string>;
  /** Keys of those that belong into the dead letters. */
  readonly badPosts: ReadonlySet<string>;
  /** Whether a second result of a record breaks the promise. */
  readonly allowsDoubles: boolean;
}

/** What is on the topics at the end, against what was written. */
export interface Outcome {
  /** Records without a result, or without a dead letter where it should be there. */
  readonly lost: number;
  /** Results and dead letters beside the first of their record; each names the record in its headers. */
  readonly doubled: number;
  /** Posts that the load's own producer wrote twice, when it was not told that the first was written. */
  readonly writtenTwice: number;
  readonly deadLetters: number;
  /** What breaks a promise, as sentences; none where all is kept. */
  readonly findings: readonly string[];
}

/**
 * Reads every topic from start to end as a read_committed reader and holds each record that came in against what
 * became of it, by its place: so a record that the load wrote twice is no double.
 */
export async function judge(
  streams: Streams,
  topics: Config['topics'],
  { posts, badPosts, allowsDoubles }: Expected,
): Promise<Outcome> {
  const good = new Map<string, string>();
  const bad = new Map<string, string>();
  for await (const record of everything(streams, topics.posts)) {
    const key = textOf(record.key);
    (badPosts.has(key) ? bad : good).set(`${record.partition}/${record.offset}`, key);
  }
  const written = new Set([...good.values(), ...bad.values()]);
  const results = await bySource(streams, topics.scored);
  const letters = await bySource(streams, topics.deadLetters);

  const lostByKafka = [...posts, ...badPosts].filter((key) => !written.has(key));
  const withoutResult = [...good].filter(([place]) => !results.has(place)).map(([, key]) => key);
  const withoutLetter = [...bad].filter(([place]) => !letters.has(place)).map(([, key]) => key);
  const wrongKey = [...results].filter(([place, keys]) => keys.some((key) => key !== good.get(place)));
  const wrongLetter = [...letters].filter(([place, keys]) => keys.some((key) => key !== bad.get(place)));
  const doubles = [...results.values(), ...letters.values()].flatMap((keys) => keys.slice(1));

  const findings: string[] = [];
  const find = (what: string, keys: readonly string[]): void => {
    if (keys.length > 0) findings.push(`${keys.length} ${what}: ${keys.slice(0, NAMED).join(', ')}`);
  };
  find('acknowledged posts are not on their topic', lostByKafka);
  find('posts have no result', withoutResult);
  find('bad posts have no dead letter', withoutLetter);
  find('results stand at the place of another record', keysOf(wrongKey));
  find('dead letters are of no bad post', keysOf(wrongLetter));
  if (!allowsDoubles) find('results or dead letters came twice', doubles);
  return {
    lost: lostByKafka.length + withoutResult.length + withoutLetter.length,
    doubled: doubles.length,
    writtenTwice: good.size + bad.size - written.size,
    deadLetters: [...letters.values()].flat().length,
    findings,
  };
}

/** Keys of a topic's records, by the places of the records from which they came. */
async function bySource(streams: Streams, topic: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = new Map<string, string[]>();
  for await (const { headers = {}, key } of everything(streams, topic)) {
    const place = `${textOf(headers[SOURCE_HEADERS.partition])}/${textOf(headers[SOURCE_HEADERS.offset])}`;
    const known = keys.get(place);
    if (known === undefined) keys.set(place, [textOf(key)]);
    else known.push(textOf(key));
  }
  return keys;
}

async function* everything(streams: Streams, topic: string): AsyncGenerator<SourceRecord> {
  yield* scan(streams, { topic, group: `chaos-${randomUUID()}`, ranges: await streams.ranges(topic) });
}

function keysOf(found: ReadonlyArray<readonly [string, readonly string[]]>): readonly string[] {
  return found.map(([, [key = '']]) => key);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return bytes ? Buffer.from(bytes).toString() : '';
}
