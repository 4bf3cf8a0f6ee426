// `make bench-scale`: whether a post costs the same however many workers share the topic, however many brands are looked for,
// and however many posts came before.
//
//   SCALE_PARTS=workers,brands,posts   what is measured
//   SCALE_POSTS=1000000   posts of the part posts, 10000000 at most: written while they are scored, and not kept
//   BENCH_POSTS=60000     posts of each run of the other parts, and different posts of all
//   BENCH_ROUNDS=3        rounds of the other parts, in which their sizes take turns; the median is shown with its range
//   BENCH_INPUT=FILE      NDJSON posts instead of those beside the repository (or, without those, of the demo)
//   BENCH_OUTPUT=FILE     the figures as JSON
//   BENCH_WRITE=1         write the tables into docs/benchmarks.md
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Look, looksAt, lookUntil, type Progress, progressBetween } from './looks.js';
import { madeBrands } from './made-brands.js';
import { BOUNDED, fill, type Setting, writeAll, written } from './measure.js';
import { circumstances, numberOf, report, tableFrom } from './page.js';
import { withSetting } from './setting.js';
import { cellOf, type Spread, spreadOf } from './table.js';
import { type WatchedProcess, watch } from './watched-process.js';
import { startWorker, usual, usualName } from './worker.js';
import { followLog, type WorkerLog } from './worker-log.js';

const WORKERS = [1, 2, 4];
const BRANDS = [10, 100, 1_000, 10_000];
const KEYWORDS = 3;
const FEWEST_POSTS = 1_000;
const MOST_POSTS = 10_000_000;
/** What is written and not scored. */
const MOST_AHEAD = 100_000;
const WRITE_RECORDS = 2_000;
const MOST_START_MILLIS = 120_000;
/** Of each worker in a group, before it is measured: each compiles its code for itself. */
const WARM_UP_POSTS = 10_000;

const parts = new Set((process.env.SCALE_PARTS ?? 'workers,brands,posts').split(','));
const posts = numberOf('BENCH_POSTS', 60_000);
const most = Math.min(MOST_POSTS, numberOf('SCALE_POSTS', 1_000_000));
const rounds = numberOf('BENCH_ROUNDS', 3);

/** One size, in all rounds. */
interface Row {
  readonly size: number;
  readonly postsPerSecond: Spread | null;
  readonly cpuMicros: Spread | null;
}

await withSetting({ posts, input: process.env.BENCH_INPUT }, async (setting) => {
  const workers = parts.has('workers') ? await inTurns('workers', WORKERS, inGroup(setting)) : [];
  const brands = parts.has('brands') ? await inTurns('brands', BRANDS, withBrands(setting)) : [];
  const decades = parts.has('posts') ? await byDecade(setting) : [];
  const text = [
    `4 partitions, ${circumstances()}; ${usualName}; processor time of all workers.`,
    workers.length > 0 &&
      `Workers in a group, each a process with one scorer thread; ${posts} posts after a warm-up of ${Math.min(posts, WARM_UP_POSTS)} for each; ${rounds} rounds:`,
    workers.length > 0 && rowsAsTable('workers', workers),
    brands.length > 0 &&
      `Brands, each with ${KEYWORDS} phrases of two made-up words; one worker with a thread a core, ${posts} posts, ${rounds} rounds:`,
    brands.length > 0 && rowsAsTable('brands', brands),
    decades.length > 0 &&
      `Posts, one after the other through one worker with a thread a core, while they are written beside it; what those after the row before took:`,
    decades.length > 0 &&
      tableFrom(
        ['posts', 'posts/s', 'processor, µs a post', 'resident then, MB'],
        decades.map(({ from, to, postsPerSecond, cpuMicros, resident }) => [
          `${from} to ${to}`,
          ...[postsPerSecond, cpuMicros, resident].map(Math.round),
        ]),
      ),
  ];
  report('bench-scale', text.filter(Boolean).join('\n\n'), { workers, brands, posts: decades });
});

async function inTurns(
  name: string,
  sizes: readonly number[],
  run: (size: number) => Promise<Progress>,
): Promise<readonly Row[]> {
  const measured = new Map<number, Progress[]>(sizes.map((size) => [size, []]));
  for (let round = 1; round <= rounds; round += 1) {
    for (const [size, own] of measured) {
      const progress = await run(size);
      own.push(progress);
      const { postsPerSecond, cpuMicros } = progress;
      console.error(
        `round ${round}, ${size} ${name}: ${postsPerSecond.toFixed(0)} posts/s, ${cpuMicros.toFixed(0)} µs a post`,
      );
    }
  }
  return [...measured].map(([size, own]) => ({
    size,
    postsPerSecond: spreadOf(own.map(({ postsPerSecond }) => Math.round(postsPerSecond))),
    cpuMicros: spreadOf(own.map(({ cpuMicros }) => Math.round(cpuMicros))),
  }));
}

/** Of warm workers, from when all posts are written, so that what writes them takes no part. */
function inGroup(setting: Setting): (count: number) => Promise<Progress> {
  return async (count) => {
    const { run, streams, write } = await fill({ ...setting, posts: 0 });
    const workers = Array.from({ length: count }, () => startWorker(run, usual, { threads: 1 }));
    const logs = workers.map((worker) => followLog(worker, run.topics.posts));
    const children = workers.map(watch);
    try {
      await allAssigned(logs, children, run.topics.partitions);
      const looks = looksAt(streams, run.topics.scored, children);
      const warmUp = Math.min(posts, WARM_UP_POSTS) * count;
      await writeAll(write, 0, warmUp);
      await lookUntil(looks, (look) => look.count >= warmUp);
      await writeAll(write, warmUp, warmUp + posts);
      const { value: first } = await looks.next();
      const progress = progressBetween(first, await lookUntil(looks, (look) => look.count >= warmUp + posts));
      for (const child of children) child.stop();
      await Promise.all(children.map(({ ended }) => ended));
      return progress;
    } finally {
      for (const child of children) child.kill();
      await streams.close();
    }
  };
}

/** Waits until each has as many partitions as each other. */
async function allAssigned(
  logs: readonly WorkerLog[],
  children: readonly WatchedProcess[],
  partitions: number,
): Promise<void> {
  const until = performance.now() + MOST_START_MILLIS;
  while (!logs.every((log) => log.partitions.length === partitions / logs.length)) {
    for (const child of children) child.check();
    if (performance.now() > until)
      throw new Error(`not all workers have partitions after ${MOST_START_MILLIS / 1_000} s`);
    await sleep(100);
  }
}

function withBrands(setting: Setting): (count: number) => Promise<Progress> {
  return async (count) => {
    const brands = join(setting.folder, `${count}-brands.yaml`);
    writeFileSync(brands, JSON.stringify({ brands: madeBrands(count, KEYWORDS) }));
    const { run, streams } = await fill(setting);
    const child = watch(startWorker(run, usual, { brands }));
    try {
      const progress = await written(streams, run.topics.scored, posts, child);
      child.stop();
      await child.ended;
      return progress;
    } finally {
      child.kill();
      await streams.close();
    }
  };
}

interface Decade extends Progress {
  /** Numbers of posts. */
  readonly from: number;
  readonly to: number;
  /** MB at its end. */
  readonly resident: number;
}

/** What posts take after so many others. */
async function byDecade(setting: Setting): Promise<readonly Decade[]> {
  const { run, streams, write } = await fill({ ...setting, posts: 0 }, BOUNDED);
  const child = watch(startWorker(run, usual));
  let scored = 0;
  const writeAhead = async (): Promise<void> => {
    for (let next = 0; next < most; ) {
      if (next - scored >= MOST_AHEAD) {
        await sleep(20);
        continue;
      }
      const to = Math.min(most, next + WRITE_RECORDS);
      await write(next, to);
      next = to;
    }
  };
  const score = async (): Promise<readonly Decade[]> => {
    const looks = looksAt(streams, run.topics.scored, [child]);
    const decades: Decade[] = [];
    const isAt = (wanted: number) => (look: Look) => {
      scored = look.count;
      return look.count >= wanted;
    };
    let before = await lookUntil(looks, isAt(1));
    for (let size = FEWEST_POSTS; ; size = Math.min(most, size * 10)) {
      const look = await lookUntil(looks, isAt(Math.min(most, size)));
      // So small a step that it was over before the look at its beginning.
      if (look.count > before.count) {
        const progress = progressBetween(before, look);
        decades.push({
          from: before.count,
          to: look.count,
          ...progress,
          resident: child.residentMegabytes(),
        });
        console.error(`${look.count} posts: ${progress.cpuMicros.toFixed(0)} µs a post`);
        before = look;
      }
      if (size >= most) return decades;
    }
  };
  try {
    const [decades] = await Promise.all([score(), writeAhead()]);
    child.stop();
    await child.ended;
    return decades;
  } finally {
    child.kill();
    // So that what writes ends, where scoring has failed.
    scored = most;
    await streams.close();
  }
}

function rowsAsTable(name: string, rows: readonly Row[]): string {
  return tableFrom(
    [name, 'posts/s', 'processor, µs a post'],
    rows.map(({ size, postsPerSecond, cpuMicros }) => [size, cellOf(postsPerSecond), cellOf(cpuMicros)]),
  );
}
