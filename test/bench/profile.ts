// `make bench-profile`: where the time of a worker goes, as a flame graph of all its threads (docs/images/flame-NAME.svg).
// The profiler itself takes time: use this for shares, not for rates.
//
//   BENCH_POSTS=60000     posts in the topic; what was before the first result is left out
//   BENCH_NAME=worker     of the picture
//   BENCH_DELIVERY=at-least-once   or exactly-once
//   BENCH_ROLES=score     roles of the worker
//   BENCH_PROFILES=DIR    keeps the profiles (.cpuprofile) there, which the developer tools of Chromium read
//   BENCH_INPUT=FILE      NDJSON posts instead of those beside the repository (or, without those, of the demo)
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { looksAt, lookUntil } from './looks.js';
import { fill, type Setting } from './measure.js';
import { circumstances, numberOf } from './page.js';
import { withSetting } from './setting.js';
import { watch } from './watched-process.js';
import { startWorker, usual, type Variant } from './worker.js';

const SAMPLE_MICROS = 500;

const { env } = process;
const posts = numberOf('BENCH_POSTS', 60_000);
const name = env.BENCH_NAME ?? 'worker';
const variant: Variant = {
  ...usual,
  roles: env.BENCH_ROLES ?? usual.roles,
  delivery: env.BENCH_DELIVERY === 'exactly-once' ? 'exactly-once' : 'at-least-once',
};

await withSetting({ posts, input: env.BENCH_INPUT }, profile);

async function profile(setting: Setting): Promise<void> {
  const folder = resolve(env.BENCH_PROFILES ?? mkdtempSync(join(setting.folder, 'profiles-')));
  mkdirSync(folder, { recursive: true });
  const before = new Set(readdirSync(folder));
  const { run, streams } = await fill(setting);
  const nodeOptions = ['--cpu-prof', `--cpu-prof-interval=${SAMPLE_MICROS}`, `--cpu-prof-dir=${folder}`];
  const begun = performance.now();
  const child = watch(startWorker(run, variant, { nodeOptions }));
  let skip = 0;
  try {
    const looks = looksAt(streams, run.topics.scored, [child]);
    skip = ((await lookUntil(looks, ({ count }) => count > 0)).at - begun) / 1_000;
    await lookUntil(looks, ({ count }) => count >= posts);
    child.stop();
    await child.ended;
    child.check();
  } finally {
    child.kill();
    await streams.close();
  }
  const profiles = readdirSync(folder).filter((file) => file.endsWith('.cpuprofile') && !before.has(file));
  const output = `docs/images/flame-${name}.svg`;
  const { roles, delivery, engine, precision } = variant;
  const title = `${posts} posts: ${roles}, ${delivery}, ${engine}, ${precision}; ${circumstances()}`;
  const files = profiles.map((file) => join(folder, file));
  const options = ['--output', output, '--title', title, '--skip', skip.toFixed(1)];
  execFileSync(process.execPath, ['scripts/flame-graph.mjs', ...options, ...files]);
  console.log(`${output}: ${profiles.length} threads, ${Math.round(statSync(output).size / 1_000)} KB`);
}
