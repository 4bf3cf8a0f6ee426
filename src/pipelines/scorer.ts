import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Config, InputConfig, ScoringConfig } from '../config/schema.js';
import type { Brand } from '../contracts/brand.js';
import { type Logger, silentLogger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import { openScorerPool } from '../scoring/pool.js';
import { engineFallbacks } from '../telemetry/instruments.js';

/** All that a scorer thread is made from. */
export interface ScorerThreadData {
  readonly modelDirectory: string;
  readonly brands: readonly Brand[];
  readonly scoring: Pick<ScoringConfig, 'engine' | 'precision' | 'lowConfidence'>;
  readonly input: InputConfig;
  readonly output: { readonly includeText: boolean; readonly authorKey: string };
  readonly futureToleranceMs: number;
  readonly oldAfterMs: number;
}

/** The scorer threads, for batches of a stream and for texts. */
export interface Scorer extends TextScorer {
  readonly stamp: ModelStamp;
  scoreBatch(batch: RecordBatch): Promise<ScoredBatch>;
  close(): Promise<void>;
}

export interface OpenScorerOptions {
  readonly config: Pick<Config, 'scoring' | 'input' | 'output' | 'aggregation'>;
  readonly brands: readonly Brand[];
  /** Scorer threads; the configuration's number by default, 0 for one a core. */
  readonly threads?: number;
  readonly logger?: Logger;
}

const MOST_THREADS = 8;

/** Tests run from the sources, and a thread needs the compiled file. */
const THREAD = import.meta.url.endsWith('.ts')
  ? new URL('../../dist/pipelines/scorer-thread.js', import.meta.url)
  : new URL('./scorer-thread.js', import.meta.url);

/** Directory of the model that comes with the package. */
export function shippedModel(): string {
  return fileURLToPath(new URL('../../models/default', import.meta.url));
}

/**
 * Starts the scorer threads; resolves when all of them are warm.
 *
 * @throws SentifluxError SF_MODEL_UNREADABLE, SF_MODEL_INVALID, SF_ENGINE_UNAVAILABLE
 */
export async function openScorer(options: OpenScorerOptions): Promise<Scorer> {
  const { config, brands, logger = silentLogger } = options;
  const { scoring, input, output, aggregation } = config;
  const modelDirectory = scoring.model ?? shippedModel();
  const workerData: ScorerThreadData = {
    modelDirectory,
    brands,
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
  const threads = (options.threads ?? scoring.threads) || Math.min(MOST_THREADS, availableParallelism());
  const pool = await openScorerPool({ thread: THREAD, workerData, threads, logger });
  const { stamp, fallback } = await pool.describe();
  if (fallback !== undefined) {
    engineFallbacks.add(1, { 'sentiflux.engine': stamp.engine });
    logger.warn(
      { code: 'SF_ENGINE_FALLBACK', engine: stamp.engine, instead: fallback.from, reason: fallback.reason },
      'the best engine cannot be loaded; another one runs, slower',
    );
  }
  return {
    stamp,
    score: (texts) => pool.scoreTexts(texts),
    scoreBatch: (batch) => pool.scoreBatch(batch),
    close: () => pool.close(),
  };
}
