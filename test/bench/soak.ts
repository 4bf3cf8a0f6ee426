// `make soak`: a worker under load for half an hour, with its memory and lag sampled. It first scores a full topic, then as
// much as it can while posts come faster than that: this is its maximum. The soak is at 80 % of it, at a pace that does not
// wait for the worker. A line is fitted to what was sampled after the warm-up, the first sixth.
//
//   SOAK_MINUTES=30     length, the warm-up included
//   SOAK_SHARE=0.8      share of the maximum
//   SOAK_THREADS=2      scorer threads
//   SOAK_POSTS=60000    posts that are repeated, each time under another key
//   SOAK_SAMPLE=5       seconds between two samples
//   BENCH_INPUT=FILE    NDJSON posts instead of those beside the repository (or, without those, of the demo)
//   BENCH_OUTPUT=FILE   the figures as JSON, samples included
//   BENCH_WRITE=1       write the table into docs/benchmarks.md
//
// Exit status: 0 memory is flat (5 %) and below 600 MB, and the lag does not grow; 1 one of these is not so.
import { mkdtempSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Streams } from '../../src/streams/port.js';
import { writePaced } from './load.js';
import { type Look, looksAt, lookUntil, progressBetween, recordsIn } from './looks.js';
import { BOUNDED, type FilledRun, fill, type Setting, written } from './measure.js';
import { circumstances, numberOf, report } from './page.js';
import { withSetting } from './setting.js';
import { growthPercentOf, problemsOf, type Sample, soakTable, trendsOf } from './soak-verdict.js';
import { type WatchedProcess, watch } from './watched-process.js';
import { startWorker, usual, usualName } from './worker.js';

const MOST = { growthPercent: 5, megabytes: 600 };
const WARM_UP_SHARE = 1 / 6;
/** Finding the maximum: for so long posts come at so many times the rate at which a full topic was scored. */
const SATURATION = { seconds: 30, times: 1.2 };
const REPORT_SECONDS = 60;
const MEGABYTE = 1_048_576;

const minutes = numberOf('SOAK_MINUTES', 30);
const share = numberOf('SOAK_SHARE', 0.8);
const threads = numberOf('SOAK_THREADS', 2);
const posts = numberOf('SOAK_POSTS', 60_000);
const sampleSeconds = numberOf('SOAK_SAMPLE', 5);
const memorySchema = z.object({ heapUsed: z.number(), external: z.number() });

await withSetting({ posts, input: process.env.BENCH_INPUT }, soak);

async function soak(setting: Setting): Promise<void> {
  const filled = await fill(setting, BOUNDED);
  const memoryFolder = mkdtempSync(join(setting.folder, 'memory-'));
  const child = watch(
    startWorker(filled.run, usual, {
      threads,
      nodeOptions: ['--import', resolve('test/bench/memory-probe.mjs')],
      environment: { BENCH_MEMORY_FOLDER: memoryFolder },
    }),
  );
  try {
    const { maximum, next } = await findMaximum(filled, child);
    const rate = Math.round(maximum * share);
    console.error(`${minutes} minutes at ${rate} posts/s, ${share * 100} % of ${Math.round(maximum)}`);
    const load = await underLoad(filled, child, memoryFolder, { rate, next });
    child.stop();
    await child.ended;
    child.check();
    tell({ maximum, rate, ...load, peakMegabytes: child.memoryMegabytes() });
  } finally {
    child.kill();
    await filled.streams.close();
  }
}

/** The rate that it reaches beside what writes the posts; all are scored when this resolves. */
async function findMaximum(
  { streams, run, write }: FilledRun,
  child: WatchedProcess,
): Promise<{ readonly maximum: number; readonly next: number }> {
  const full = await written(streams, run.topics.scored, posts, child);
  const offered = full.postsPerSecond * SATURATION.times;
  console.error(
    `a full topic: ${full.postsPerSecond.toFixed(0)} posts/s; now ${offered.toFixed(0)} come, for ${SATURATION.seconds} s`,
  );
  const looks = looksAt(streams, run.topics.scored, [child]);
  const writing = writePaced(write, posts, posts + Math.round(offered * SATURATION.seconds), offered);
  const begun = performance.now();
  const after = (seconds: number) => (look: Look) => look.at - begun >= seconds * 1_000;
  const first = await lookUntil(looks, after(SATURATION.seconds / 3));
  const last = await lookUntil(looks, after(SATURATION.seconds));
  const next = await writing;
  await lookUntil(looks, ({ count }) => count >= next);
  return { maximum: progressBetween(first, last).postsPerSecond, next };
}

interface Load {
  readonly samples: readonly Sample[];
  /** Of the whole load. */
  readonly cpuMicros: number;
}

async function underLoad(
  { streams, run, write }: FilledRun,
  child: WatchedProcess,
  memoryFolder: string,
  { rate, next }: { readonly rate: number; readonly next: number },
): Promise<Load> {
  const ended = new AbortController();
  const total = Math.round(rate * minutes * 60);
  const looks = looksAt(streams, run.topics.scored, [child]);
  const { value: first } = await looks.next();
  let before = first;
  let cpuMicros = Number.NaN;
  const begun = performance.now();
  const writing = writePaced(write, next, next + total, rate, ended.signal).finally(() => ended.abort());
  // What fails here is thrown below.
  writing.catch(() => {});
  const samples: Sample[] = [];
  try {
    for (let due = sampleSeconds; due <= minutes * 60; due += sampleSeconds) {
      await sleep(begun + due * 1_000 - performance.now(), undefined, { signal: ended.signal }).catch(
        () => {},
      );
      if (ended.signal.aborted) break;
      const { value: look } = await looks.next();
      const lag = await lagOf(streams, run.topics);
      // Where the machine has stood still, the next sample tells of this stretch too.
      if (look.count > before.count) {
        cpuMicros = progressBetween(before, look).cpuMicros;
        before = look;
      }
      const memory = { resident: child.residentMegabytes(), ...heapsIn(memoryFolder) };
      const sample = { seconds: due, ...memory, lag, cpuMicros };
      samples.push(sample);
      if (due % REPORT_SECONDS < sampleSeconds) console.error(lineOf(sample));
    }
    const last = await writing;
    return {
      samples,
      cpuMicros: progressBetween(first, await lookUntil(looks, ({ count }) => count >= last)).cpuMicros,
    };
  } finally {
    ended.abort();
  }
}

/** Results first: what is written in between counts as lag, so there is none below 0. */
async function lagOf(
  streams: Streams,
  topics: { readonly scored: string; readonly posts: string },
): Promise<number> {
  const results = await recordsIn(streams, topics.scored);
  return (await recordsIn(streams, topics.posts)) - results;
}

/** Of all threads, as the probe in each has last written it; a thread that has ended writes no more. */
function heapsIn(folder: string): Pick<Sample, 'heap' | 'external'> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(folder, name))
    .filter((file) => Date.now() - statSync(file).mtimeMs < 60_000);
  const own = files.map((file) => memorySchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
  const sum = (name: 'heapUsed' | 'external'): number =>
    own.reduce((total, memory) => total + memory[name], 0) / MEGABYTE;
  return { heap: sum('heapUsed'), external: sum('external') };
}

function lineOf({ seconds, resident, heap, external, lag, cpuMicros }: Sample): string {
  const [all, objects, buffers] = [resident, heap, external].map((megabytes) => megabytes.toFixed(0));
  return `${(seconds / 60).toFixed(1)} min: ${all} MB resident, heap ${objects}, external ${buffers}, lag ${lag} posts, ${cpuMicros.toFixed(0)} µs a post`;
}

interface Outcome extends Load {
  readonly maximum: number;
  readonly rate: number;
  readonly peakMegabytes: number;
}

function tell({ samples, cpuMicros, maximum, rate, peakMegabytes }: Outcome): void {
  const warm = samples.filter(({ seconds }) => seconds > minutes * 60 * WARM_UP_SHARE);
  if (warm.length < 2) throw new Error('too few samples: take more SOAK_MINUTES or a smaller SOAK_SAMPLE');
  const trends = trendsOf(warm);
  const problems = problemsOf(trends, peakMegabytes, { ...MOST, lag: rate });
  const text = [
    `${minutes} minutes at ${rate} posts/s (${((rate * minutes * 60) / 1e6).toFixed(1)} million), ${Math.round(share * 100)} % of the ${Math.round(maximum)} that it reached; ` +
      `${usualName}, ${threads} scorer threads, 4 partitions, ${circumstances()}. ${Math.round(cpuMicros)} µs of ` +
      `processor time a post; ${Math.round(peakMegabytes)} MB resident at its highest. Warm-up: ` +
      `${(minutes * WARM_UP_SHARE).toFixed(1)} minutes; a sample every ${sampleSeconds} s.`,
    '',
    soakTable(trends, samples),
    '',
    problems.length === 0 ? 'Passed.' : `**Failed**: ${problems.join('; ')}.`,
  ].join('\n');
  const growthPercent = growthPercentOf(trends.resident);
  report('soak', text, {
    ...{ minutes, threads, maximum, rate, cpuMicros, peakMegabytes, growthPercent },
    ...{ trends, problems, samples },
  });
  process.exitCode = problems.length === 0 ? 0 : 1;
}
