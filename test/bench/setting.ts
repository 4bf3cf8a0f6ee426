// What a benchmark stands on: a broker, Redis, posts, and the files that peers read.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadBundle } from '../../src/model/bundle.js';
import { shippedModel } from '../../src/pipelines/scorer.js';
import { buildOnnxModel } from '../../src/scoring/engines/onnx-graph.js';
import { makeFeed, readTexts, writeTokenTable } from './feed.js';
import type { Setting } from './measure.js';

export interface SettingOptions
  extends Pick<Setting, 'posts'>,
    Partial<Pick<Setting, 'rate' | 'pacedSeconds' | 'sampledShare'>> {
  /** NDJSON posts instead of those beside the repository. */
  readonly input?: string | undefined;
}

/** Sets all up, hands it over, and takes down what it has started. */
export async function withSetting<Result>(
  { posts, rate = 'half', pacedSeconds = 0, sampledShare = 0, input }: SettingOptions,
  use: (setting: Setting) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'sentiflux-bench-'));
  const given = givenServices();
  const ranBefore = spawnSync('scripts/services.sh', ['status'], { stdio: 'ignore' }).status === 0;
  try {
    const services = given ?? startServices();
    const bundle = await loadBundle(shippedModel());
    const feed = await makeFeed(readTexts(input, posts), posts, bundle);
    writeTokenTable(folder, feed.tokens);
    for (const precision of ['float32', 'int8'] as const)
      writeFileSync(join(folder, `${precision}.onnx`), buildOnnxModel(bundle, precision));
    return await use({ ...services, folder, feed, posts, rate, pacedSeconds, sampledShare });
  } finally {
    rmSync(folder, { recursive: true });
    if (!ranBefore && given === undefined) spawnSync('scripts/services.sh', ['down'], { stdio: 'inherit' });
  }
}

type Services = Pick<Setting, 'brokers' | 'redisUrl'>;

function givenServices(): Services | undefined {
  const { KAFKA_BROKERS: brokers, REDIS_URL: redisUrl } = process.env;
  return brokers && redisUrl ? { brokers, redisUrl } : undefined;
}

function startServices(): Services {
  const printed = execFileSync('scripts/services.sh', ['up'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, brokers, redisUrl] = /KAFKA_BROKERS=(\S+) REDIS_URL=(\S+)/.exec(printed) ?? [];
  if (brokers === undefined || redisUrl === undefined) throw new Error(`no addresses in: ${printed}`);
  return { brokers, redisUrl };
}
