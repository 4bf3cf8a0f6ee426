// `make bench-guard`: fails where the worker is slower, next to the plainest way to do the same, than it should be. Both
// score the same topic in turn, so a slow or busy machine strikes both: their ratio is judged, never a time.
//
//   BENCH_POSTS=40000   posts in the topic
//   BENCH_ROUNDS=3      rounds; the median of their ratios is judged
//   BENCH_FLOOR=…       the least ratio that passes
//
// Exit status: 0 it is fast enough, 1 it is not, or could not be measured.
import { type Figures, measure } from './measure.js';
import { peers } from './peers.js';
import { withSetting } from './setting.js';
import { nameOf, type Stack } from './stacks.js';
import { quantile } from './table.js';
import { usual, workerStack } from './worker.js';

/**
 * The worker also normalises, tells languages and matches brands; the loop is given its tokens. By the medians of three
 * rounds it was 2.09 and 2.32 on two cores. With some 30 processes waiting for them single rounds were 0.6 to 1.5 times
 * their median.
 */
const FLOOR = 1.1;

const { env } = process;
const posts = Number(env.BENCH_POSTS ?? 40_000);
const rounds = Number(env.BENCH_ROUNDS ?? 3);
const floor = Number(env.BENCH_FLOOR ?? FLOOR);

const ours = workerStack(usual);
const plain = find(peers, { stack: 'kafkajs-onnxruntime', delivery: 'at-least-once', precision: 'int8' });

const ratios = await withSetting({ posts }, async (setting) => {
  const pairs: (readonly [Figures, Figures])[] = [];
  for (let round = 1; round <= rounds; round += 1)
    pairs.push([await measure(ours, setting), await measure(plain, setting)]);
  return pairs.map(([own, other]) => own.postsPerSecond / other.postsPerSecond).sort((a, b) => a - b);
});
const median = quantile(ratios, 0.5) ?? 0;
console.log(
  `bench guard: the worker scores ${median.toFixed(2)} times as fast as ${nameOf(plain)} ` +
    `(${rounds} rounds: ${ratios.map((ratio) => ratio.toFixed(2)).join(', ')}); at least ${floor} is wanted`,
);
process.exitCode = median >= floor ? 0 : 1;

function find(stacks: readonly Stack[], wanted: Pick<Stack, 'stack' | 'delivery' | 'precision'>): Stack {
  const found = stacks.find(
    (stack) =>
      stack.stack === wanted.stack &&
      stack.delivery === wanted.delivery &&
      stack.precision === wanted.precision,
  );
  if (found === undefined) throw new Error(`no stack ${JSON.stringify(wanted)}`);
  return found;
}
