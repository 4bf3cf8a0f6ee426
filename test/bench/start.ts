// `make bench-start`: how long a worker takes from its start until it is ready (model loaded, threads warm, topics checked,
// ops port open), and from the assignment of its partitions to the append of its first result; the topic is full already.
//
//   BENCH_POSTS=5000    posts in the topic
//   BENCH_ROUNDS=5      starts with each guarantee, in turn
//   BENCH_THREADS=2     scorer threads
//   BENCH_OUTPUT=FILE   the figures as JSON
//   BENCH_WRITE=1       write the table into docs/benchmarks.md
//
// Exit status: 0 both are within their limits by the median, 1 one is not.
import { fill, resultsOf, type Setting, written } from './measure.js';
import { circumstances, numberOf, report, tableFrom } from './page.js';
import { readResults, timesOf } from './results.js';
import { withSetting } from './setting.js';
import type { Stack } from './stacks.js';
import { cellOf, spreadOf } from './table.js';
import { watch } from './watched-process.js';
import { startWorker, usual } from './worker.js';
import { followLog } from './worker-log.js';

const MOST_MILLIS = { ready: 3_000, firstResult: 1_000 };
const DELIVERIES = ['at-least-once', 'exactly-once'] as const;

interface Times {
  /** From the start of the process. */
  readonly ready: number;
  readonly assigned: number;
  /** From the assignment. */
  readonly firstResult: number;
}

const posts = numberOf('BENCH_POSTS', 5_000);
const rounds = numberOf('BENCH_ROUNDS', 5);
const threads = numberOf('BENCH_THREADS', 2);

await withSetting({ posts }, async (setting) => {
  const times = new Map<Stack['delivery'], Times[]>(DELIVERIES.map((delivery) => [delivery, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [delivery, own] of times) {
      own.push(await startOnce(setting, delivery));
      console.error(`round ${round}, ${delivery}: ${JSON.stringify(own.at(-1))} ms`);
    }
  }
  const figures = [...times].map(([delivery, own]) => ({
    delivery,
    ready: spreadOf(own.map(({ ready }) => ready)),
    assigned: spreadOf(own.map(({ assigned }) => assigned)),
    firstResult: spreadOf(own.map(({ firstResult }) => firstResult)),
  }));
  const text = [
    `${posts} posts, 4 partitions, ${circumstances()}, ${threads} scorer threads, ${rounds} starts of each; minimum / **median** / maximum.`,
    '',
    tableFrom(
      ['delivery', 'ready, ms', 'partitions assigned, ms', 'first result after the assignment, ms'],
      figures.map(({ delivery, ...spreads }) => [delivery, ...Object.values(spreads).map(cellOf)]),
    ),
  ].join('\n');
  report('bench-start', text, figures);
  const isInTime = figures.every(
    ({ ready, firstResult }) =>
      (ready?.median ?? Number.POSITIVE_INFINITY) <= MOST_MILLIS.ready &&
      (firstResult?.median ?? Number.POSITIVE_INFINITY) <= MOST_MILLIS.firstResult,
  );
  console.error(
    `at most ${MOST_MILLIS.ready} and ${MOST_MILLIS.firstResult} ms: ${isInTime ? 'kept' : 'NOT kept'}`,
  );
  process.exitCode = isInTime ? 0 : 1;
});

async function startOnce(setting: Setting, delivery: Stack['delivery']): Promise<Times> {
  const { run, streams } = await fill(setting);
  try {
    const startedAt = Date.now();
    const worker = startWorker(run, { ...usual, delivery }, { threads });
    const log = followLog(worker, run.topics.posts);
    const child = watch(worker);
    try {
      await written(streams, run.topics.scored, posts, child);
      const results = await readResults(streams, run.topics.scored);
      await resultsOf(child, results, posts);
      const { runningAt, assignedAt } = log;
      const [firstAt] = timesOf(results);
      if (runningAt === undefined || assignedAt === undefined || firstAt === undefined)
        throw new Error(`it did not say when it was ready: ${child.said()}`);
      child.stop();
      await child.ended;
      return {
        ready: runningAt - startedAt,
        assigned: assignedAt - startedAt,
        firstResult: firstAt - assignedAt,
      };
    } finally {
      child.kill();
    }
  } finally {
    await streams.close();
  }
}
