import { setEnvironmentData } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { openScorer } from '../../src/pipelines/scorer.js';

const THREADS = 3;

/** That threads of a scorer that starts have begun (1) and ended (-1) to score, in the order of that. */
async function notesOf(engine: string): Promise<readonly number[]> {
  const notes = new Int32Array(new SharedArrayBuffer(64 * Int32Array.BYTES_PER_ELEMENT));
  setEnvironmentData('notes', notes);
  setEnvironmentData('engine', engine);
  const config = configSchema.parse({ scoring: { threads: THREADS } });
  const thread = new URL('../scoring/fixtures/noting-thread.mjs', import.meta.url);
  const scorer = await openScorer({ config, brands: [], thread });
  onTestFinished(() => scorer.close());
  return [...notes.subarray(1, 1 + Atomics.load(notes, 0))];
}

describe('scorer threads that start', () => {
  it('are warmed one before the others with tfjs-node, whose first calls end the process where two threads make them', async () => {
    const notes = await notesOf('tfjs-node');
    expect(notes.slice(0, 2)).toEqual([1, -1]);
    expect(notes).toHaveLength(2 * (1 + THREADS));
  });
});
