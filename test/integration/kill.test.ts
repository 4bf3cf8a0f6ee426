import { describe, expect, it } from 'vitest';
import { postTexts } from '../support/real-posts.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { type Collected, collect } from './collect.js';
import { deploy } from './deployment.js';

const POSTS = 8_000;
const MINUTE = 60_000;

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)('a worker that is killed', () => {
  it('loses nothing, and counts each post once', async () => {
    const { config, streams, startWorker } = await deploy();
    const from = Date.now() - 30 * MINUTE;
    const { texts } = postTexts(POSTS);
    const producer = await streams.producer();
    for (let start = 0; start < POSTS; start += 1_000) {
      await producer.send(
        texts.slice(start, start + 1_000).map((text, i) => {
          const id = `post-${start + i}`;
          const createdAt = from + Math.floor(((start + i) * 20 * MINUTE) / POSTS);
          return {
            topic: config.topics.posts,
            key: Buffer.from(id),
            value: Buffer.from(JSON.stringify({ id, text, createdAt })),
          };
        }),
      );
    }

    const first = await startWorker();
    await collect(streams, config.topics.scored, ({ length }) => length > 0);
    await first.end('SIGKILL');
    const before = await streams.lagOf(`${config.streams.group}.score`, config.topics.posts);
    expect([...before.values()].reduce((sum, lag) => sum + lag, 0)).toBeGreaterThan(0);

    const second = await startWorker();
    const counted = async (): Promise<number> => {
      const { counters } = await second.get('/v1/counters');
      return Number(Reflect.get(Object(counters), 'counted'));
    };
    while ((await counted()) < POSTS) await new Promise((resolve) => setTimeout(resolve, 200));

    // Without a loss this ends; copies may stand between.
    const idsOf = (records: readonly Collected[]) => new Set(records.map(({ key }) => key));
    const scored = await collect(streams, config.topics.scored, (records) => idsOf(records).size >= POSTS);
    // What was written and not committed came again from the same place: a reader can tell.
    const places = scored.map(
      ({ headers }) => `${headers['sf-source-partition']}/${headers['sf-source-offset']}`,
    );
    expect(new Set(places).size).toBe(POSTS);
    expect(await counted()).toBe(POSTS);
    expect(await second.end('SIGTERM')).toBe(0);
  }, 300_000);
});
