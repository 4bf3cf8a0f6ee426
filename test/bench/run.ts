// `make bench`: posts/s, tokens/s, memory and latency of the worker between a real Kafka and a real Redis, beside other
// ways to do the same, as one table. Throughput is measured on a topic that is full already; latency, from the write of
// a post to its result at a read_committed reader, on posts that then come one after the other.
//
//   BENCH_POSTS=100000    posts in the topic
//   BENCH_ROUNDS=3        rounds of each stack; ours and the others take turns
//   BENCH_RATE=half       posts a second while latency is measured: a number, or half of what the worker reaches beside writer and reader
//   BENCH_SECONDS=10      for so long
//   BENCH_STACKS=a,b      some of the stacks only: sentiflux, or folders of test/bench/peers; list shows all of them
//   BENCH_VARIANTS=0,1    some of our own variants only, by their numbers in that list; without BENCH_STACKS no others
//   BENCH_INPUT=FILE      NDJSON posts instead of those beside the repository (or, without those, of the demo)
//   BENCH_OUTPUT=FILE     the figures as JSON
//   BENCH_WRITE=1         write the table into docs/benchmarks.md
//   BENCH_PYTHON=python3  Python 3.11 or later, for the peers that are written in it
//
// Peers are installed into .cache/bench at their first run (PyTorch alone takes 5.4 GB); one that cannot be installed is
// named in the table.
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../src/contracts/errors.js';
import { latencyTables } from './latency.js';
import { type Figures, measure, type Setting } from './measure.js';
import { circumstances, report, usageOf } from './page.js';
import { measureParts, type Parts } from './parts.js';
import { peers } from './peers.js';
import { withSetting } from './setting.js';
import { inTurn, nameOf, type Stack } from './stacks.js';
import { comparisonOf, entryOf, partsOf, quantile, tableOf } from './table.js';
import { workers } from './worker.js';

const { env } = process;
const posts = Number(env.BENCH_POSTS ?? 100_000);
const rounds = Number(env.BENCH_ROUNDS ?? 3);
const rate = env.BENCH_RATE === undefined || env.BENCH_RATE === 'half' ? 'half' : Number(env.BENCH_RATE);
const pacedSeconds = Number(env.BENCH_SECONDS ?? 10);

if (process.argv.includes('--help')) {
  console.log(usageOf(fileURLToPath(import.meta.url)));
} else if (env.BENCH_STACKS === 'list') {
  for (const [index, stack] of workers.entries()) console.log(`${nameOf(stack)} (variant ${index})`);
  for (const stack of peers) console.log(nameOf(stack));
} else {
  const chosen = choose();
  const numbers = [posts, rounds, pacedSeconds, ...(rate === 'half' ? [] : [rate])];
  const isUsable = chosen.length > 0 && numbers.every((number) => number > 0);
  if (isUsable) await withSetting({ posts, rate, pacedSeconds, input: env.BENCH_INPUT }, main);
  else refuse();
}

function choose(): readonly Stack[] {
  const variants = env.BENCH_VARIANTS?.split(',');
  const stacks = env.BENCH_STACKS?.split(',') ?? (variants && ['sentiflux']);
  const ours = workers.filter((_, index) => variants?.includes(String(index)) ?? true);
  return inTurn(ours, peers).filter(({ stack }) => stacks?.includes(stack) ?? true);
}

async function main(setting: Setting): Promise<void> {
  const chosen = choose();
  const missing = new Map(chosen.map((stack) => [stack, stack.install()]));
  const figures = new Map<Stack, Figures[]>(chosen.map((stack) => [stack, []]));
  const parts: Parts[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    if (chosen.some(({ stack }) => stack === 'sentiflux')) parts.push(await measureParts(setting));
    for (const stack of chosen) {
      if (missing.get(stack) !== undefined) continue;
      try {
        const measured = await measure(stack, setting);
        figures.get(stack)?.push(measured);
        console.error(`round ${round}, ${nameOf(stack)}: ${Math.round(measured.postsPerSecond)} posts/s`);
      } catch (error) {
        // One that fails is no reason to lose what the others have shown.
        if (stack.stack === 'sentiflux') process.exitCode = 1;
        missing.set(stack, messageOf(error));
        console.error(`round ${round}, ${nameOf(stack)}: ${messageOf(error)}`);
      }
    }
  }
  const lengths = setting.feed.tokens.slice(0, posts).map(({ length }) => length);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  // Ours first, however they took turns.
  const inOrder = [...workers, ...peers].filter((stack) => chosen.includes(stack));
  const entries = inOrder.map((stack) =>
    entryOf({ stack, rounds: figures.get(stack) ?? [], missing: missing.get(stack) }, mean),
  );
  const about = [
    `${posts} posts, 4 partitions, ${circumstances()}, ${rounds} rounds; minimum / **median** / maximum; latency at ` +
      `${rate === 'half' ? 'half of the posts/s that the worker has reached in the same round while posts were written and results read beside it' : `${rate} posts/s`}.`,
    lengthsOf(lengths, mean),
    packagesOf(chosen),
  ].join(' ');
  const latency = latencyTables(entries);
  const sections = [
    about,
    tableOf(entries),
    partsOf(parts, entries),
    comparisonOf(entries),
    latency && `Latency from append to append, of all rounds together:\n\n${latency}`,
  ];
  report('bench', sections.filter(Boolean).join('\n\n'), entries);
}

function lengthsOf(lengths: readonly number[], mean: number): string {
  const sorted = lengths.toSorted((a, b) => a - b);
  const shares = [0.5, 0.9, 0.99, 1].map((share) => quantile(sorted, share));
  return `Tokens a post: ${mean.toFixed(1)} in the mean, ${shares.join(', ')} at the 50th, 90th, 99th and 100th percentile.`;
}

function packagesOf(stacks: readonly Stack[]): string {
  return `Packages: ${[...new Set(stacks.flatMap(({ packages }) => packages))].sort().join(', ')}.`;
}

function refuse(): void {
  console.error(
    `no such stack or variant, or no number where one is needed\n\n${usageOf(fileURLToPath(import.meta.url))}`,
  );
  process.exitCode = 2;
}
