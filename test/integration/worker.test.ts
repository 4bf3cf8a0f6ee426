import { describe, expect, it } from 'vitest';
import type { OutputRecord } from '../../src/contracts/record.js';
import { scoredPostSchema } from '../../src/contracts/scored-post.js';
import { postTexts } from '../support/real-posts.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { collect } from './collect.js';
import { deploy } from './deployment.js';

const POSTS = process.env.FULL === '1' ? 50_000 : 3_000;
const MINUTE = 60_000;

/** Records that cannot be scored, and why. */
const BAD: ReadonlyArray<readonly [code: string, key: string | null, value: Uint8Array | string | null]> = [
  ['SF_POST_NOT_JSON', 'bad-1', '{"id":"bad-1","text":'],
  ['SF_POST_NOT_JSON', 'bad-2', '[1,2]'],
  ['SF_POST_NOT_UTF8', 'bad-3', Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)],
  ['SF_POST_NO_TEXT', 'bad-4', '{"id":"bad-4"}'],
  ['SF_POST_TOO_LARGE', 'bad-5', JSON.stringify({ id: 'bad-5', text: 'x'.repeat(70_000) })],
  ['SF_POST_NO_TIME', 'bad-6', '{"id":"bad-6","text":"good","createdAt":"yesterday"}'],
  ['SF_POST_NO_ID', null, '{"text":"good"}'],
  ['SF_POST_NO_KEY', null, null],
];

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)(
  'the worker between a real Kafka and a real Redis',
  () => {
    it(
      `scores ${POSTS} posts once each, counts each once, and sets bad ones aside`,
      async () => {
        const { config, streams, startWorker } = await deploy();

        // Posts of the last half hour in the order of their times, one of the future, one of last year; a deletion; the bad ones among them.
        const now = Date.now();
        const { texts } = postTexts(POSTS);
        const timeOf = (i: number): number => {
          if (i === 7) return now + 60 * MINUTE;
          if (i === 8) return now - 400 * 24 * 60 * MINUTE;
          return now - 30 * MINUTE + Math.floor((i * 30 * MINUTE) / POSTS);
        };
        const posts = texts.map((text, i) => ({
          id: `post-${i}`,
          text,
          source: ['social', 'forum', 'news'][i % 3],
          createdAt: new Date(timeOf(i)).toISOString(),
        }));
        const records: OutputRecord[] = posts.map((post) => ({
          topic: config.topics.posts,
          key: Buffer.from(post.id),
          value: Buffer.from(JSON.stringify(post)),
        }));
        BAD.forEach(([, key, value], i) => {
          const bytes = typeof value === 'string' ? Buffer.from(value) : value;
          records.splice(100 * i, 0, {
            topic: config.topics.posts,
            key: key === null ? null : Buffer.from(key),
            value: bytes,
          });
        });
        records.push({ topic: config.topics.posts, key: Buffer.from('gone'), value: null });
        const producer = await streams.producer();
        for (let i = 0; i < records.length; i += 1_000) await producer.send(records.slice(i, i + 1_000));

        const worker = await startWorker();

        const scored = await collect(streams, config.topics.scored, ({ length }) => length >= POSTS + 1);
        const letters = await collect(
          streams,
          config.topics.deadLetters,
          ({ length }) => length >= BAD.length,
        );

        // Once each, by id, in the schema of the topic, with the place that it came from.
        const results = scored.filter(({ value }) => value !== null);
        expect(results.length).toBe(POSTS);
        expect(new Set(results.map(({ key }) => key)).size).toBe(POSTS);
        for (const { key, value, headers } of results.slice(0, 200)) {
          expect(scoredPostSchema.parse(JSON.parse(Buffer.from(value ?? []).toString())).id).toBe(key);
          expect(headers['sf-source-topic']).toBe(config.topics.posts);
          expect(headers['sf-source-offset']).toMatch(/^\d+$/);
        }
        expect(scored.filter(({ value }) => value === null).map(({ key }) => key)).toEqual(['gone']);

        // Every bad record, with its bytes and the reason.
        const reasons = letters.map(({ headers }) => headers['sf-error-code']);
        expect([...reasons].sort()).toEqual(BAD.map(([code]) => code).sort());
        for (const [code, key, value] of BAD) {
          const letter = letters.find(
            (entry) => entry.headers['sf-error-code'] === code && entry.key === key,
          );
          expect(letter?.value && Buffer.from(letter.value)).toEqual(
            value === null ? null : Buffer.from(value),
          );
        }

        // The windows of `_all` and what is in none add up to the same number.
        const windowed = async (): Promise<number> => {
          const from = now - 60 * MINUTE;
          const { windows } = await worker.get(
            `/v1/brands/_all/windows?tier=10s&from=${from}&to=${now + MINUTE}`,
          );
          return (Array.isArray(windows) ? windows : []).reduce(
            (sum: number, window) => sum + Number(Object(window).posts),
            0,
          );
        };
        const counters = async (): Promise<Record<string, number>> => {
          const { counters: counted } = await worker.get('/v1/counters');
          return Object(counted);
        };
        const inAll = async (): Promise<readonly number[]> => {
          const { future = 0, old = 0 } = await counters();
          return [await windowed(), future, old];
        };
        let sums = await inAll();
        while (sums.reduce((sum, part) => sum + part, 0) < POSTS) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          sums = await inAll();
        }
        // Posts came in the order of their times, so none was late but the one of last year.
        expect(sums).toEqual([POSTS - 2, 1, 1]);
        expect((await counters()).counted).toBe(POSTS - 2);
        expect(await worker.get('/health/ready')).toMatchObject({ ready: true });

        expect(await worker.end('SIGTERM')).toBe(0);
        expect(worker.log()).toContain('stopped');
      },
      process.env.FULL === '1' ? 300_000 : 120_000,
    );
  },
);
