import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordBatch } from '../../src/contracts/record.js';
import { OUTCOME, type ScoredBatch } from '../../src/contracts/scored-batch.js';
import { joinBatches, splitScored } from '../../src/scoring/batch-parts.js';
import { gatherBatches } from '../../src/scoring/gather.js';
import type { RunTask } from '../../src/scoring/threads.js';
import { batchOf, valuesOf } from './batches.js';

/** What a scorer makes of a batch whose posts come back as they were, and those called `bad` are rejected. */
function echo({ length, bytes, boundaries, nulls, ...rest }: RecordBatch): ScoredBatch {
  const values = valuesOf({ length, bytes, boundaries, nulls, ...rest });
  return {
    length,
    outcomes: Uint8Array.from(values, (value) => (value === 'bad' ? OUTCOME.rejected : OUTCOME.scored)),
    bytes,
    boundaries,
    nulls,
    rejections: values.flatMap((value, index) =>
      value === 'bad' ? [{ index, code: 'SF_POST_NO_TEXT' as const, message: 'bad' }] : [],
    ),
    model: { version: '1', engine: 'onnx', precision: 'int8' },
    tokens: 3 * length,
    prepareMillis: length,
    scoreMillis: length,
  };
}

/** Threads, one of which takes a task whenever it is told to. */
function setUp(fails: (values: readonly (string | null)[]) => boolean = () => false, threads = 1) {
  const tasks: (readonly (string | null)[])[] = [];
  const free: (() => void)[] = [];
  let thread: Promise<unknown> = Promise.resolve();
  const run = (async (task) => {
    if (task.kind !== 'batch') throw new TypeError(`a task ${task.kind}`);
    const values = valuesOf(task.batch);
    tasks.push(values);
    if (fails(values)) throw new Error('the thread ended');
    return echo(task.batch);
  }) as RunTask; // A batch is all that is asked for here.
  const gathering = gatherBatches(
    {
      whenFree(work) {
        const begun = thread
          .then(() => new Promise<void>((resolve) => free.push(resolve)))
          .then(() => work(run));
        thread = begun.catch(() => {});
        return begun;
      },
    },
    threads,
    30_000,
  );
  /** Lets the thread take what waits, as often as it does. */
  async function letRun(): Promise<void> {
    for (let i = 0; i < 20; i += 1) {
      free.shift()?.();
      await nextTurn();
    }
  }
  return { gathering, tasks, letRun };
}

describe('batches that wait for a thread', () => {
  it('are scored together, and each gets what is its own', async () => {
    const { gathering, tasks, letRun } = setUp();
    const scored = [['a', 'bad'], ['c'], ['bad', 'e', 'f']].map((texts) => gathering.score(batchOf(texts)));
    expect(gathering.waiting()).toBe(3);
    await letRun();
    expect(tasks).toEqual([['a', 'bad', 'c', 'bad', 'e', 'f']]);
    expect(gathering.waiting()).toBe(0);
    const [first, second, third] = await Promise.all(scored);
    expect(first && valuesOf(first)).toEqual(['a', 'bad']);
    expect(second).toMatchObject({ length: 1, tokens: 3, rejections: [], prepareMillis: 1 });
    expect(third).toMatchObject({
      length: 3,
      tokens: 9,
      rejections: [{ index: 0, code: 'SF_POST_NO_TEXT' }],
    });
    expect(third && valuesOf(third)).toEqual(['bad', 'e', 'f']);
  });

  it('go in their order, and 512 records at most together, but for one that has more', async () => {
    const { gathering, tasks, letRun } = setUp();
    const sizes = [500, 12, 1, 900, 2];
    const scored = sizes.map((size) => gathering.score(batchOf(Array.from({ length: size }, () => 'a'))));
    await letRun();
    expect(tasks.map(({ length }) => length)).toEqual([512, 1, 900, 2]);
    expect((await Promise.all(scored)).map(({ length }) => length)).toEqual(sizes);
  });

  it('are shared out among the threads where there is enough for each', async () => {
    const texts = (size: number) => batchOf(Array.from({ length: size }, () => 'a'));
    const many = setUp(() => false, 2);
    for (const size of [40, 30, 50, 20]) many.gathering.score(texts(size));
    await many.letRun();
    expect(many.tasks.map(({ length }) => length)).toEqual([70, 70]);

    const few = setUp(() => false, 2);
    for (const size of [10, 20, 15, 19]) few.gathering.score(texts(size));
    await few.letRun();
    expect(few.tasks.map(({ length }) => length)).toEqual([64]);
  });

  it('fail together, for each to be tried alone', async () => {
    const { gathering, letRun } = setUp((values) => values.includes('poison'));
    const scored = Promise.allSettled([
      gathering.score(batchOf(['a'])),
      gathering.score(batchOf(['poison'])),
    ]);
    await letRun();
    expect(await scored).toMatchObject([
      { reason: { message: 'the thread ended' } },
      { reason: { message: 'the thread ended' } },
    ]);
  });

  it('do not begin once they were told to stop', async () => {
    const { gathering, tasks, letRun } = setUp();
    const stop = new AbortController();
    const kept = gathering.score(batchOf(['kept']));
    const dropped = gathering.score(batchOf(['dropped']), stop.signal);
    dropped.catch(() => {});
    stop.abort(new Error('the worker stops'));
    await letRun();
    expect(tasks).toEqual([['kept']]);
    expect(valuesOf(await kept)).toEqual(['kept']);
    await expect(dropped).rejects.toThrow('the worker stops');
  });
});

describe('batches that were joined', () => {
  it('come apart again as what each would have become', () => {
    const texts = fc.array(
      fc.array(fc.oneof(fc.string(), fc.constant('bad')), { minLength: 1, maxLength: 5 }),
      {
        minLength: 1,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(texts, (lists) => {
        const batches = lists.map(batchOf);
        const [first, ...others] = batches;
        if (first === undefined) throw new RangeError('no batch');
        const joined = joinBatches([first, ...others]);
        expect(valuesOf(joined)).toEqual(lists.flat());
        const parts = splitScored(
          echo(joined),
          batches.map(({ length }) => length),
        );
        expect(parts).toEqual(batches.map(({ headers: _, ...batch }) => echo(batch)));
      }),
    );
  });
});
