import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Config, InputConfig, ScoringConfig } from '../config/schema.js';
import type { Brand } from '../contracts/brand.js';
import { systemClock } from '../contracts/clock.js';
import { type Logger, silentLogger } from '../contracts/logger.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import { Turns } from '../contracts/turns.js';
import type { ModelBundle } from '../model/bundle.js';
import { openSchemaRegistry } from '../registry/schema-registry.js';
import type { EngineFallback } from '../scoring/choose-engine.js';
import { openScorerPool } from '../scoring/pool.js';
import { engineFallbacks } from '../telemetry/instruments.js';
import { CANARIES, loadModel, scoreCanaries } from './model.js';
import { createModelSwap, type OpenedModel, type Scorer } from './model-swap.js';
import { withSchemas } from './with-schemas.js';

export type { Scorer } from './model-swap.js';

/** All that a scorer thread is made from. */
export interface ScorerThreadData {
  readonly bundle: SentBundle;
  readonly brands: readonly Brand[];
  readonly scoring: Pick<ScoringConfig, 'engine' | 'precision' | 'lowConfidence'>;
  readonly input: InputConfig;
  readonly output: { readonly includeText: boolean; readonly authorKey: string };
  readonly futureToleranceMs: number;
  readonly oldAfterMs: number;
}

/**
 * A bundle on its way to a thread: an instance of a class does not travel. A thread that dies is replaced by one with
 * the same bundle, whatever is in the bundle's directory by then.
 */
export interface SentBundle extends Omit<ModelBundle, 'vocabulary'> {
  readonly pieces: readonly string[];
}

export interface OpenScorerOptions {
  readonly config: Pick<Config, 'scoring' | 'input' | 'output' | 'aggregation'>;
  readonly brands: readonly Brand[];
  /** Where they may change: those that threads match which are started now. Others come in with the next reload. */
  readonly currentBrands?: () => readonly Brand[];
  /** Scorer threads; the configuration's number by default, 0 for one a core. */
  readonly threads?: number;
  readonly logger?: Logger;
  /** File of the threads; what is tested under faults has one of its own. */
  readonly thread?: URL;
}

const MOST_THREADS = 8;

/** Tests run from the sources, and a thread needs the compiled file. */
const THREAD = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/pipelines/scorer-thread.js', import.meta.url)
  : new URL('./scorer-thread.js', import.meta.url);

/**
 * The first calls of tfjs-node, one at a time: what attributes its operations have it adds, at their first call, to a set
 * that all threads of the process share without a lock (`ATTR_NAME_SET` in binding/tfjs_backend.cc of 4.22), and two threads
 * that add at once end the process. Later ones only look there.
 */
const firstCalls = new Turns();

/** Directory of the model that comes with the package. */
export function shippedModel(): string {
  return fileURLToPath(new URL('../../models/default', import.meta.url));
}

/**
 * Starts the scorer threads; resolves when all of them are warm.
 *
 * @throws SentifluxError SF_MODEL_UNREADABLE, SF_MODEL_INVALID, SF_ENGINE_UNAVAILABLE, SF_SCORER_FAILED
 */
export async function openScorer(options: OpenScorerOptions): Promise<Scorer> {
  const { config, brands, currentBrands, logger = silentLogger, thread = THREAD } = options;
  const { scoring, input, output, aggregation } = config;
  const threads = (options.threads ?? scoring.threads) || Math.min(MOST_THREADS, availableParallelism());
  const settings: Omit<ScorerThreadData, 'bundle' | 'brands'> = {
    scoring,
    input,
    // Without a key of the user's, hashes of authors match within this process only.
    output: {
      includeText: output.includeText,
      authorKey: output.authorKey ?? randomBytes(32).toString('hex'),
    },
    futureToleranceMs: aggregation.futureToleranceMs,
    oldAfterMs: Math.max(...Object.values(aggregation.retentionMs)),
  };

  async function open(directory: string): Promise<OpenedModel> {
    const { vocabulary, ...bundle } = await loadModel(directory);
    const workerData: ScorerThreadData = {
      ...settings,
      brands: currentBrands?.() ?? brands,
      bundle: { ...bundle, pieces: vocabulary.pieces },
    };
    const pool = await openScorerPool({
      thread,
      workerData,
      threads,
      heapMegabytes: scoring.threadHeapMb,
      batchTimeoutMs: scoring.batchTimeoutMs,
      canaries: CANARIES,
      logger,
    });
    try {
      const { stamp, fallback } = await pool.describe();
      const warm = () => scoreCanaries({ score: pool.scoreTexts }, directory);
      if (stamp.engine === 'tfjs-node') await firstCalls.take(warm);
      // As many as there are free threads: together they reach, and warm, every thread.
      await Promise.all(Array.from({ length: threads }, warm));
      if (fallback !== undefined) tellFallback(stamp, fallback, logger);
      return { stamp, pool };
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  const scorer = await createModelSwap({ open, directory: scoring.model ?? shippedModel(), logger });
  const registry = openSchemaRegistry(input.registry, systemClock);
  if (registry === undefined) return scorer;
  return {
    ...scorer,
    get stamp() {
      return scorer.stamp;
    },
    scoreBatch: withSchemas(scorer.scoreBatch, { registry, logger }),
  };
}

/** The kernels are for some machines only; without ONNX Runtime, which is for nearly all, something is amiss. */
function tellFallback(
  { engine }: ModelStamp,
  { from: instead, reason }: EngineFallback,
  logger: Logger,
): void {
  const what = { engine, instead, reason };
  if (instead === 'native') {
    logger.info(what, 'the fastest engine cannot be loaded; another one runs');
    return;
  }
  engineFallbacks.add(1, { 'sentiflux.engine': engine });
  logger.warn(
    { code: 'SF_ENGINE_FALLBACK', ...what },
    'the best engine cannot be loaded; another one runs, slower',
  );
}
