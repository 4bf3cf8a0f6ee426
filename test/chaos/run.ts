// `make chaos`: a real three-broker Kafka and a real Redis on loopback, workers under load, and one fault after the
// other. After each: nothing lost, nothing counted twice, or the run fails. Ends with a table in Markdown.
//
//   CHAOS_POSTS=100000       posts of each scenario
//   CHAOS_KILLS=20           how often a fault is repeated that can be; by default one for each 5,000 posts, 2 at least
//   CHAOS_SCENARIOS=a,b      only these, by name or by how their names begin; `make chaos CHAOS_SCENARIOS=list` lists them
//   CHAOS_DELIVERY=…         only exactly-once or at-least-once; in-turn: each scenario with one of them, by the seed;
//                            both by default
//   CHAOS_SEED=1             of all randomness; printed, so that a run that failed can be tried again
//   CHAOS_DIR=.cache/chaos   data and logs of brokers, Redis and workers; emptied at the start, kept after a failure
//   CHAOS_OUTPUT=FILE        the table, beside the terminal; written anew after each scenario
//
// Exit status: 0 all promises were kept, 1 one was not, 2 it cannot run here.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadBrands } from '../../src/config/load.js';
import { configSchema } from '../../src/config/schema.js';
import { openScorer } from '../../src/pipelines/scorer.js';
import { randomNumbers } from '../support/random-bundle.js';
import { startCluster } from './cluster.js';
import { play, type Result } from './play.js';
import { knownTexts } from './posts.js';
import type { Delivery, Scenario } from './scenario.js';
import { scenarios } from './scenarios/all.js';
import { tableOf } from './table.js';

const DELIVERIES: readonly Delivery[] = ['exactly-once', 'at-least-once'];
const POSTS_PER_KILL = 5_000;
const FEWEST_KILLS = 2;
const MODEL = resolve('models/default');
const BRANDS = resolve('config/brands.yaml');

const { env } = process;
const posts = Number(env.CHAOS_POSTS ?? 100_000);
const repeats = Number(env.CHAOS_KILLS ?? Math.max(FEWEST_KILLS, Math.floor(posts / POSTS_PER_KILL)));
const seed = Number(env.CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));
const folder = resolve(env.CHAOS_DIR ?? '.cache/chaos');
const guarantees = env.CHAOS_DELIVERY ?? 'both';
// Of the start: a long run may outlast the commit that it tries.
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();

if (process.argv.includes('--help') || env.CHAOS_SCENARIOS === 'help') {
  console.log(usage());
} else if (env.CHAOS_SCENARIOS === 'list') {
  for (const { name, fault, awaits } of scenarios)
    console.log(`${name.padEnd(26)} ${fault}${awaits === undefined ? '' : ` (awaits ${awaits})`}`);
} else {
  const chosen = choose(env.CHAOS_SCENARIOS?.split(','));
  const isUsable =
    chosen.length > 0 && deliveriesOf(0).length > 0 && [posts, repeats, seed].every(Number.isInteger);
  process.exitCode = isUsable ? await main(chosen) : refuse();
}

async function main(chosen: readonly Scenario[]): Promise<number> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const jars = execFileSync('scripts/services.sh', ['jars'], { encoding: 'utf8' }).trim();
  say(`seed ${seed}, ${posts} posts a scenario, ${repeats} kills; logs in ${folder}`);
  const brands = await loadBrands(BRANDS);
  const config = configSchema.parse({ scoring: { model: MODEL, precision: 'float32', threads: 1 } });
  const scorer = await openScorer({ config, brands });
  const texts = await knownTexts(scorer, brands);
  await scorer.close();

  const cluster = await startCluster(folder, jars, randomNumbers(seed));
  const results: Result[] = [];
  try {
    for (const [index, scenario] of chosen.entries()) {
      for (const delivery of deliveriesOf(index)) {
        const own = seed + results.length;
        const options = { cluster, folder, model: MODEL, brands: BRANDS, texts, posts, repeats, seed: own };
        const result = await play(scenario, delivery, options);
        results.push(result);
        tell(result);
        if (env.CHAOS_OUTPUT !== undefined) writeFileSync(env.CHAOS_OUTPUT, `${tableWith(results)}\n`);
      }
    }
  } finally {
    await cluster.close();
  }
  const broken = results.filter(({ findings }) => findings.length > 0);
  console.log(`\n${tableWith(results)}`);
  if (broken.length > 0) {
    say(
      `${broken.length} of ${results.length} fell short; the same again: CHAOS_SEED=${seed}; logs in ${folder}`,
    );
    return 1;
  }
  rmSync(folder, { recursive: true, force: true });
  return 0;
}

function choose(names: readonly string[] | undefined): readonly Scenario[] {
  if (names === undefined) return scenarios.filter(({ awaits }) => awaits === undefined);
  return scenarios.filter(({ name }) => names.some((asked) => name.startsWith(asked)));
}

/** What is promised differs by how results are delivered: the guarantees that a scenario is played with. */
function deliveriesOf(index: number): readonly Delivery[] {
  if (guarantees === 'both') return DELIVERIES;
  return DELIVERIES.filter((delivery, turn) =>
    guarantees === 'in-turn' ? (seed + index) % DELIVERIES.length === turn : delivery === guarantees,
  );
}

function tell({ scenario, delivery, notes, findings, ...figures }: Result): void {
  const { settled, lost, doubled, deadLetters, kills, recoveryMillis, tookMillis } = figures;
  const seconds = (millis: number): string => `${(millis / 1_000).toFixed(1)} s`;
  say(
    `${findings.length === 0 ? 'kept  ' : 'BROKEN'} ${scenario.name}, ${delivery}: ${figures.posts} posts, ${kills} kills, ${settled ? lost : '?'} lost, ${doubled} doubled, ${deadLetters} dead letters, recovered in ${seconds(recoveryMillis)}, took ${seconds(tookMillis)}`,
  );
  for (const note of notes) say(`         ${note}`);
  for (const finding of findings) say(`    !    ${finding}`);
}

function tableWith(results: readonly Result[]): string {
  return `${conditions()}\n\n${tableOf(results)}`;
}

function conditions(): string {
  const kafka = env.KAFKA_VERSION ?? '4.3.1';
  return `Seed ${seed}, commit ${commit}, Kafka ${kafka}, ${availableParallelism()} cores, Node ${process.version}.`;
}

function usage(): string {
  const source = readFileSync(fileURLToPath(import.meta.url), 'utf8');
  return source.slice(0, source.indexOf('\nimport ')).replaceAll(/^\/\/ ?/gm, '');
}

function refuse(): number {
  say('no such scenario or delivery, or no number where one is needed');
  console.error(usage());
  return 2;
}

function say(line: string): void {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
}
