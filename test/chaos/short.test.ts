import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadBrands } from '../../src/config/load.js';
import { configSchema } from '../../src/config/schema.js';
import { openScorer } from '../../src/pipelines/scorer.js';
import { randomNumbers } from '../support/random-bundle.js';
import { type Cluster, startCluster } from './cluster.js';
import { play } from './play.js';
import { type KnownText, knownTexts } from './posts.js';
import type { Delivery, Scenario } from './scenario.js';
import { scenarios } from './scenarios/all.js';
import { killAtEachPoint } from './scenarios/kills.js';

const POSTS = 600;
/** Some 20 to 90 s on a free machine. */
const SCENARIO_MILLIS = 300_000;
const MODEL = resolve('models/default');
const BRANDS = resolve('config/brands.yaml');
const missing = ['java', 'redis-server'].filter((program) => spawnSync('which', [program]).status !== 0);
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 1_000_000));

/** The short form of `make chaos`, on three real brokers and a real Redis. */
describe.skipIf(missing.length > 0)(`under faults (CHAOS_SEED=${seed})`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sentiflux-faults-'));
  let cluster: Cluster;
  let texts: readonly KnownText[];

  beforeAll(async () => {
    const brands = await loadBrands(BRANDS);
    const config = configSchema.parse({ scoring: { model: MODEL, precision: 'float32', threads: 1 } });
    const scorer = await openScorer({ config, brands });
    texts = await knownTexts(scorer, brands);
    await scorer.close();
    const jars = execFileSync('scripts/services.sh', ['jars'], { encoding: 'utf8' }).trim();
    cluster = await startCluster(folder, jars, randomNumbers(seed));
  }, 180_000);

  afterAll(async () => {
    await cluster?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function keepsItsPromises(scenario: Scenario, delivery: Delivery): Promise<void> {
    const options = { cluster, folder, model: MODEL, brands: BRANDS, texts, posts: POSTS, repeats: 2, seed };
    const { findings, lost, notes } = await play(scenario, delivery, options);
    expect(findings, notes.join('; ')).toEqual([]);
    expect(lost).toBe(0);
  }

  // Beside each other, and mostly waiting: what they strike is their own worker's, or does no harm to another's.
  describe.concurrent('keeps its promises, exactly-once', () => {
    it(killAtEachPoint.fault, () => keepsItsPromises(killAtEachPoint, 'exactly-once'), SCENARIO_MILLIS);
  });

  describe.concurrent('keeps its promises, at-least-once', () => {
    it.sequential.each(['rolling-upgrade', 'script-flush', 'poison'].map(named))(
      '$fault',
      (scenario) => keepsItsPromises(scenario, 'at-least-once'),
      SCENARIO_MILLIS,
    );
  });

  describe('keeps its promises where everybody is struck, exactly-once', () => {
    const scenario = named('redis-emptied');
    it(scenario.fault, () => keepsItsPromises(scenario, 'exactly-once'), SCENARIO_MILLIS);
  });
});

function named(name: string): Scenario {
  const scenario = scenarios.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  return scenario;
}
