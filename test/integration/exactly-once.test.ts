import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { postTexts } from '../support/real-posts.js';
import { kafkaBrokers, redisUrl } from '../support/services.js';
import { type Collected, collectAll } from './collect.js';
import { type Deployment, deploy, type RunningWorker } from './deployment.js';

const EXACTLY_ONCE = { SENTIFLUX_STREAMS_KAFKA_DELIVERY: 'exactly-once' };
const FAULTS = fileURLToPath(new URL('faults/transactions.mjs', import.meta.url));
/** A machine that does much else takes minutes for what takes a free one seconds. */
const MOST_MILLIS = 300_000;

/** Writes posts, all the time, so that there is something under way whenever a fault strikes. */
function startLoad({ config, streams }: Deployment): { stop(): Promise<readonly string[]> } {
  const ids: string[] = [];
  const { texts } = postTexts(1_000);
  let stopping = false;
  const load = (async () => {
    const producer = await streams.producer();
    while (!stopping) {
      const posts = Array.from({ length: 20 }, (_, i) => ({ id: `post-${ids.length + i}`, text: texts[i] }));
      await producer.send(
        posts.map((post) => ({
          topic: config.topics.posts,
          key: Buffer.from(post.id),
          value: Buffer.from(JSON.stringify(post)),
        })),
      );
      ids.push(...posts.map(({ id }) => id));
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await producer.close();
  })();
  const stop = async (): Promise<readonly string[]> => {
    stopping = true;
    await load;
    return ids;
  };
  onTestFinished(() => void stop());
  return { stop };
}

/** Resolves once every post is settled, by whichever worker. */
async function settled({ config, streams }: Deployment): Promise<void> {
  const lag = async (): Promise<number> => {
    const lags = await streams.lagOf(`${config.streams.group}.score`, config.topics.posts);
    return [...lags.values()].reduce((sum, one) => sum + one, 0);
  };
  while ((await lag()) > 0) await new Promise((resolve) => setTimeout(resolve, 100));
}

async function expectOnce(
  { config, streams }: Deployment,
  worker: RunningWorker,
  ids: readonly string[],
): Promise<void> {
  const results: readonly Collected[] = await collectAll(streams, config.topics.scored);
  expect(results.map(({ key }) => key).toSorted()).toEqual(ids.toSorted());
  const counted = async () => Reflect.get(Object((await worker.get('/v1/counters')).counters), 'counted');
  while ((await counted()) < ids.length) await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await counted()).toBe(ids.length);
}

describe.skipIf(kafkaBrokers === undefined || redisUrl === undefined)('results exactly once', () => {
  // Before the commit, and while workers join: test/chaos, which holds each post against an oracle.
  it.each(['after-abort', 'after-commit'])(
    'after a kill %s of a transaction',
    async (point) => {
      const deployment = await deploy();
      const load = startLoad(deployment);
      const first = await deployment.startWorker({
        ...EXACTLY_ONCE,
        NODE_OPTIONS: `--import=${FAULTS}`,
        FAULT_POINT: point,
        FAULT_TRANSACTION: '5',
      });
      await first.ended;
      const second = await deployment.startWorker(EXACTLY_ONCE);
      const ids = await load.stop();
      await settled(deployment);
      await expectOnce(deployment, second, ids);
      expect(await second.end('SIGTERM')).toBe(0);
    },
    MOST_MILLIS,
  );
});
