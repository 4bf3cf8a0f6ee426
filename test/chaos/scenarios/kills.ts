import { setTimeout as wait } from 'node:timers/promises';
import type { Scenario, Stage } from '../scenario.js';
import type { Point } from '../worker-process.js';

const PROMISE = 'nothing lost; exactly once nothing doubled; each post counted once';
/** A session that runs out, a start of the worker, and what had come meanwhile. */
const SECONDS = 12;
/** Batches, at most, before the point is the fatal one. */
const MOST_BATCHES = 12;

const POINTS: readonly Point[] = [
  'after-fetch',
  'while-scoring',
  'after-produce',
  'after-redis-write',
  'before-commit',
];

/** Kills the worker at a point between two of its steps, again and again. */
function killsAt(point: Point, fault: string): Scenario {
  return {
    name: `kill-${point}`,
    promise: PROMISE,
    fault: `kill -9 ${fault}`,
    seconds: SECONDS,
    repeats: true,
    async strike({ worker, repeats, between, recovers }) {
      for (let kill = 0; kill < repeats; kill += 1) {
        await worker.ready();
        const end = worker.nextEnd();
        await worker.strike(point, between(1, MOST_BATCHES));
        await recovers((await end).at);
      }
    },
  };
}

export const kills: readonly Scenario[] = [
  {
    name: 'kill-at-random',
    promise: PROMISE,
    fault: 'kill -9 at random moments',
    seconds: SECONDS,
    repeats: true,
    async strike({ worker, repeats, between, recovers }) {
      for (let kill = 0; kill < repeats; kill += 1) {
        await worker.ready();
        await wait(between(0, 3_000));
        const end = worker.nextEnd();
        worker.signal('SIGKILL');
        await recovers((await end).at);
      }
    },
  },
  killsAt('after-fetch', 'after a fetch, before anything is done with it'),
  killsAt('while-scoring', 'while a batch is being scored'),
  killsAt('after-produce', 'after results are written, before their offset'),
  killsAt('after-redis-write', 'after a batch is counted in Redis, before its offset is committed'),
  killsAt('before-commit', 'just before the offset is committed'),
  {
    name: 'kill-in-rebalance',
    promise: PROMISE,
    fault: 'kill -9 in the midst of a rebalance that lets a second worker in',
    seconds: 2 * SECONDS,
    repeats: true,
    async strike(stage) {
      for (let kill = 0; kill < stage.repeats; kill += 1) await killInRebalance(stage);
    },
  },
];

/** For the short form: each of the points once. */
export const killAtEachPoint: Scenario = {
  name: 'kill-at-each-point',
  promise: PROMISE,
  fault: 'kill -9 at six points between two steps of the worker, one after the other',
  seconds: 6 * SECONDS,
  async strike(stage) {
    const { worker, between, recovers } = stage;
    for (const point of POINTS) {
      await worker.ready();
      const end = worker.nextEnd();
      await worker.strike(point, between(1, 3));
      await recovers((await end).at);
    }
    await killInRebalance(stage);
  },
};

async function killInRebalance({ worker, startWorker, recovers }: Stage): Promise<void> {
  await worker.ready();
  const end = worker.nextEnd();
  const struck = worker.strike('in-rebalance', 1);
  const second = await startWorker();
  await struck;
  await recovers((await end).at);
  await worker.ready();
  await second.stop();
}
