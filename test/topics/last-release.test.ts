import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeScored } from '../../src/aggregation/decode-scored.js';
import { configSchema } from '../../src/config/schema.js';
import { alertTopicSchema } from '../../src/contracts/alert-topic.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { readScoredPost } from '../../src/contracts/read-scored-post.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { sourceCursorSchema } from '../../src/contracts/source-cursor.js';
import { windowAggregateSchema } from '../../src/contracts/window.js';
import { describeDeadLetter } from '../../src/pipelines/dead-letter-survey.js';
import { createJsonDecoder } from '../../src/scoring/decode.js';

const FOLDER = 'test/fixtures/messages';
const releases = readdirSync(FOLDER);
const decode = createJsonDecoder(configSchema.parse({}).input);

const lineSchema = z.object({
  key: z.string(),
  value: z.looseObject({}).nullable(),
  headers: z.record(z.string(), z.string()).optional(),
});
type Message = z.infer<typeof lineSchema>;

function messages(release: string, topic: string): readonly Message[] {
  const lines = readFileSync(`${FOLDER}/${release}/${topic}.ndjson`, 'utf8').trim().split('\n');
  return lines.map((line) => lineSchema.parse(JSON.parse(line)));
}

function batchOf(topic: string, { key, value, headers }: Message): RecordBatch {
  const record = {
    topic,
    partition: 0,
    offset: 0,
    timestamp: epochMillis(1_768_478_400_000),
    key: Buffer.from(key),
    value: value && Buffer.from(JSON.stringify(value)),
    ...(headers && {
      headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)])),
    }),
  };
  return packRecords([record], assignmentEpoch(0));
}

/** What this version reads from a message of each topic; it throws where it cannot. */
const READERS: Readonly<Record<string, (message: Message) => unknown>> = {
  'posts.raw': (message) => {
    const decoded = decode(batchOf('posts.raw', message), 0);
    if (decoded.kind === 'rejected') throw new Error(decoded.message);
    return decoded;
  },
  'sentiment.scored': (message) => {
    // The aggregator keeps what it counts; who reads all of it is told by the contract.
    const { invalid } = decodeScored(batchOf('sentiment.scored', message));
    if (invalid[0] !== undefined) throw new Error(invalid[0].message);
    return message.value && readScoredPost(message.value);
  },
  'sentiment.aggregates': ({ value }) => windowAggregateSchema.parse(value),
  'sentiment.alerts': ({ value }) => alertTopicSchema.parse(value),
  'posts.dead-letters': ({ key, value, headers }) =>
    describeDeadLetter({
      topic: 'posts.dead-letters',
      partition: 0,
      offset: 0,
      timestamp: epochMillis(0),
      key: Buffer.from(key),
      value: Buffer.from(JSON.stringify(value)),
      headers: Object.fromEntries(
        Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)]),
      ),
    }),
  'posts.cursors': ({ value }) => sourceCursorSchema.parse(value),
};
const cases = releases.flatMap((release) => Object.keys(READERS).map((topic) => [release, topic] as const));

describe('messages of releases', () => {
  it.each(cases)('%s: every one on %s is read', (release, topic) => {
    const read = READERS[topic];
    for (const message of messages(release, topic)) expect(() => read?.(message)).not.toThrow();
  });

  it.each(cases.filter(([, topic]) => topic.startsWith('sentiment.')))(
    '%s: nothing is lost of those on %s, and fields of a later version are passed over',
    (release, topic) => {
      for (const message of messages(release, topic)) {
        const later = message.value && { ...message.value, addedLater: { some: 'thing' } };
        expect(READERS[topic]?.({ ...message, value: later })).toEqual(message.value);
      }
    },
  );

  it.each(cases)('%s: those on %s fit the JSON Schema', (release, topic) => {
    const check = schemaOf(topic);
    if (check === undefined) return;
    for (const { value } of messages(release, topic)) {
      if (value === null) continue;
      expect(check(value) ? [] : check.errors).toEqual([]);
    }
  });

  it('of another version are refused, and not taken for what they are not', () => {
    for (const topic of ['sentiment.scored', 'sentiment.aggregates', 'sentiment.alerts']) {
      const [message] = messages('0.1.0', topic);
      if (message === undefined) throw new Error('there is a fixture');
      expect(() => READERS[topic]?.({ ...message, value: { ...message.value, v: 2 } })).toThrow();
    }
  });
});

function schemaOf(topic: string): ValidateFunction | undefined {
  const file = `schemas/${topic}.json`;
  if (!existsSync(file)) return undefined;
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  return ajv.compile(z.looseObject({}).parse(JSON.parse(readFileSync(file, 'utf8'))));
}
