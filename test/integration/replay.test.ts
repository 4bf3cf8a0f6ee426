import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import type { OutputRecord } from '../../src/contracts/record.js';
import type { Streams } from '../../src/streams/port.js';
import { send } from '../streams/reader.js';
import { run, start } from '../support/cli.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { collectAll } from './collect.js';
import { deploy } from './deployment.js';

const POSTS = 1_500;
const MINUTE = 60_000;
/** Three days ago, on the hour: the live windows of a minute are kept for two. */
const BEGIN = Math.floor(Date.now() / (60 * MINUTE)) * 60 * MINUTE - 3 * 24 * 60 * MINUTE;
const END = BEGIN + 30 * MINUTE;
const timeOf = (i: number): number => BEGIN + Math.floor((i * 30 * MINUTE) / POSTS);
const iso = (time: number): string => new Date(time).toISOString();

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)(
  'a replay beside a worker, on a real Kafka and a real Redis',
  () => {
    it('that is killed goes on, and fills windows of long ago that the API of the worker reads', async () => {
      const { config, streams, file, startWorker } = await deploy();
      const { topics } = config;
      const post = (id: string, time: number): OutputRecord => ({
        topic: topics.posts,
        key: Buffer.from(id),
        value: Buffer.from(JSON.stringify({ id, text: `a fine day, number ${id}`, createdAt: time })),
        timestamp: epochMillis(time),
      });
      await send(
        streams,
        Array.from({ length: POSTS }, (_, i) => post(`post-${i}`, timeOf(i))),
      );
      await send(streams, [
        {
          topic: topics.posts,
          key: Buffer.from('bad'),
          value: Buffer.from('?'),
          timestamp: epochMillis(BEGIN),
        },
      ]);
      const worker = await startWorker();
      const live = async () => {
        const { counters } = await worker.get('/v1/counters');
        return {
          counters,
          scored: await sizeOf(streams, topics.scored),
          dead: await sizeOf(streams, topics.deadLetters),
          aggregates: await sizeOf(streams, topics.aggregates),
          lag: [...(await streams.lagOf(`${config.streams.group}.score`, topics.posts)).values()],
        };
      };
      // Once all is scored and counted, and every window of that time is closed and final.
      const closed = async () => Number((await worker.get('/v1/counters')).watermark);
      await expect.poll(closed, { timeout: 60_000 }).toBeGreaterThan(END + 24 * 60 * MINUTE);
      const before = await live();
      expect(before).toMatchObject({ scored: POSTS, dead: 1, lag: [0, 0, 0, 0] });

      const output = `${topics.scored}.again`;
      const range = ['--from', iso(BEGIN), '--to', iso(END), '--output', output];
      const args = ['replay', '--config', file, ...range];
      const killed = start([...args, '--create', '--rate', '400']);
      const ended = once(killed, 'close');
      const written = async () => {
        const [found] = await streams.topics().describe([output]);
        return found === undefined ? 0 : sizeOf(streams, output);
      };
      await expect.poll(written, { timeout: 60_000 }).toBeGreaterThan(100);
      killed.kill('SIGKILL');
      await ended;
      expect(await written()).toBeLessThan(POSTS);
      expect(await run(args)).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(`written to ${output}`),
        stderr: expect.stringMatching(/^\d+ of \d+ records are replayed already\n$/),
      });

      // Every post of the range once, from the place where the live result came from.
      const results = await collectAll(streams, output);
      const placeOf = ({ headers, key }: (typeof results)[number]) =>
        `${headers['sf-source-partition']}/${headers['sf-source-offset']} ${key}`;
      const lived = await collectAll(streams, topics.scored);
      expect(results.map(placeOf).toSorted()).toEqual(lived.map(placeOf).toSorted());
      expect(new Set(results.map(({ key }) => key)).size).toBe(POSTS);

      const name = `${config.aggregation.namespace}-again`;
      const filled = await run(['aggregate', '--config', file, '--from-topic', output, '--namespace', name]);
      expect(filled).toMatchObject({ status: 0, stderr: '' });
      expect(filled.stdout).toContain(`${name}: ${POSTS} posts in windows`);

      const { counters } = await worker.get(`/v1/counters?namespace=${name}`);
      expect(counters).toMatchObject({ counted: POSTS, old: 0, late: 0, duplicates: 0 });
      const query = `tier=1m&from=${BEGIN}&to=${END}&namespace=${name}`;
      const { windows } = await worker.get(`/v1/brands/_all/windows?${query}`);
      expect(windows).toMatchObject(
        Array.from({ length: 30 }, (_, i) => ({
          start: BEGIN + i * MINUTE,
          posts: POSTS / 30,
          final: true,
          complete: true,
        })),
      );
      await expect(worker.get('/v1/counters?namespace=nobody-filled')).rejects.toThrow('404');

      expect(await live()).toEqual(before);
      expect(await worker.end('SIGTERM')).toBe(0);
    }, 180_000);
  },
);

/** Records of a topic, over its partitions. */
async function sizeOf(streams: Streams, topic: string): Promise<number> {
  const ranges = await streams.ranges(topic);
  return [...ranges.values()].reduce((sum, { start, end }) => sum + end - start, 0);
}
