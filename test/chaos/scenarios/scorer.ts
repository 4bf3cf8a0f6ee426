import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../cluster.js';
import type { Scenario, Stage } from '../scenario.js';
import type { Point, SupervisedWorker } from '../worker-process.js';

const PROMISE = 'the thread is replaced and its batch is scored again; nothing lost';
/** A hang is seen and memory is full within seconds. */
const SCORING = { batchTimeoutMs: 3_000, threadHeapMb: 192 };
const MOST_BATCHES = 5;

function threadFault(point: Point, fault: string): Scenario {
  return {
    name: point,
    promise: PROMISE,
    fault: `a scorer thread ${fault}`,
    seconds: 6,
    repeats: true,
    settings: { scoring: SCORING },
    async strike({ worker, repeats, between, recovers }) {
      for (let strike = 0; strike < repeats; strike += 1) {
        await worker.strike(point, between(1, MOST_BATCHES));
        await recovers();
      }
    },
  };
}

export const scorer: readonly Scenario[] = [
  threadFault('thread-crash', 'ends in the midst of a batch'),
  threadFault('thread-hang', 'never answers (limit of 3 s)'),
  threadFault('thread-memory', 'runs out of memory (limit of 192 MB)'),
  {
    name: 'poison',
    promise: 'only the post that cannot be scored goes to the dead letters',
    fault: 'four posts that end, hang or fill their scorer thread, or throw in it, whenever they are scored',
    seconds: 60,
    settings: { scoring: SCORING },
    env: { CHAOS_THREAD: new URL('../../scoring/fixtures/faulty-thread.mjs', import.meta.url).href },
    async strike({ load, recovers }) {
      for (const mark of ['#crash', '#hang', '#memory', '#throw']) {
        await load.writeBad(Buffer.from(JSON.stringify({ text: `not for every scorer ${mark}` })));
        await recovers();
      }
    },
  },
  {
    name: 'half-written-model',
    promise: 'a model that is not whole is refused, and the one before goes on',
    fault: 'SIGHUP while the weights of the next model are half written; again when they are whole',
    seconds: 20,
    strike: swapHalfWritten,
  },
];

async function swapHalfWritten({ worker, model, between, recovers }: Stage): Promise<void> {
  const file = join(model, 'weights.f32');
  const whole = await readFile(file);
  await writeFile(file, whole.subarray(0, between(1, whole.length - 1)));
  worker.signal('SIGHUP');
  await logs(worker, 'a model is refused');
  await recovers();
  await writeFile(file, whole);
  worker.signal('SIGHUP');
  await logs(worker, 'another model is in use');
  await recovers();
}

function logs(worker: SupervisedWorker, line: string): Promise<void> {
  return until(`the worker logs that ${line}`, async () => worker.log().includes(line));
}
