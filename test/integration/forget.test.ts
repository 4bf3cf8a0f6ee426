import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { brandId } from '../../src/contracts/ids.js';
import { read, send } from '../streams/reader.js';
import { run } from '../support/cli.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { deploy } from './deployment.js';

const outcomeSchema = z.object({
  posts: z.number(),
  deletions: z.number(),
  written: z.number(),
  remains: z.array(z.object({ where: z.string(), what: z.string(), count: z.number(), until: z.string() })),
});

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)(
  'forget, on a real Kafka and Redis',
  () => {
    it('takes the posts of an author out of results and windows, and tells what stays until when', {
      timeout: 300_000,
    }, async () => {
      const { config, streams, file, startWorker } = await deploy({
        output: { authorKey: 'the key of the test' },
        scoring: { threads: 1 },
      });
      const { topics } = config;
      const forget = async (...args: readonly string[]) => {
        const { status, stdout, stderr } = await run([
          'forget',
          '--config',
          file,
          '--author',
          'ann',
          '--json',
          ...args,
        ]);
        expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
        return outcomeSchema.parse(JSON.parse(stdout));
      };
      const worker = await startWorker();
      const time = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
      const createdAt = new Date(time).toISOString();
      await send(
        streams,
        Array.from({ length: 8 }, (_, i) => ({
          topic: topics.posts,
          // Where another client's partitioner would not have put it.
          partition: i % 4,
          key: Buffer.from(`p${i}`),
          value: Buffer.from(
            JSON.stringify({
              text: `It is awful and I hate number ${i}`,
              author: i < 3 ? 'ann' : `bob${i}`,
              createdAt,
            }),
          ),
        })),
      );
      const windowSchema = z.object({
        windows: z.array(z.object({ posts: z.number(), mostNegative: z.array(z.string()).default([]) })),
      });
      const window = async () => {
        const to = new Date(time + 60_000).toISOString();
        const path = `/v1/brands/${brandId('_all')}/windows?tier=1m&from=${createdAt}&to=${to}`;
        return windowSchema.parse(await worker.get(path)).windows[0];
      };
      await expect.poll(async () => (await window())?.posts, { timeout: 120_000, interval: 500 }).toBe(8);

      const before = await forget('--dry-run');
      expect(before).toMatchObject({ posts: 3, deletions: 3, written: 0 });
      const counts = Object.fromEntries(
        before.remains.map(({ where, what, count }) => [`${where}: ${what}`, count]),
      );
      expect(counts).toMatchObject({
        [`${topics.posts}: posts as they came`]: 3,
        [`${topics.scored}: results`]: 3,
        'store: posts remembered for edits and deletions: score, brands, time': 3,
      });
      // The broker of the tests keeps what no setting limits; `topics create` limits the windows to 40 days.
      const untilOf = (name: string) => before.remains.find(({ where }) => where === name)?.until;
      expect(untilOf(topics.scored)).toBe('never');
      expect(Date.parse(String(untilOf(topics.aggregates)))).toBeGreaterThan(Date.now() + 40 * 86_400_000);

      expect(await forget('--yes')).toMatchObject({ posts: 3, deletions: 3, written: 3 });
      const results = await read(streams, topics.scored, { settleAll: true });
      const deleted = (await results.records(11)).filter(({ value }) => value === null);
      expect(deleted.map(({ key, partition }) => [String(key), partition]).toSorted()).toEqual([
        ['p0', 0],
        ['p1', 1],
        ['p2', 2],
      ]);
      await expect.poll(async () => (await window())?.posts, { timeout: 60_000, interval: 500 }).toBe(5);
      const shown = (await window())?.mostNegative ?? [];
      expect(shown.filter((id) => ['p0', 'p1', 'p2'].includes(id))).toEqual([]);

      const after = await forget('--dry-run');
      expect(after).toMatchObject({ posts: 3, deletions: 0 });
      expect(after.remains.map(({ where }) => where)).toEqual([topics.posts, topics.scored]);
      await worker.end('SIGTERM');
    });
  },
);
