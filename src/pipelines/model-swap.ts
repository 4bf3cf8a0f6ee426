import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { ModelReload, ReloadModel } from '../contracts/model-reload.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import type { ScorerPool } from '../scoring/pool.js';
import { modelInUse, modelSwaps } from '../telemetry/instruments.js';

/** The scorer threads, for batches of a stream and for texts. */
export interface Scorer extends TextScorer {
  /** Of the model in use. */
  readonly stamp: ModelStamp;
  /**
   * The batch is scored by the model that is in use now, even where another takes its place meanwhile; see
   * `ScorerPool.scoreBatch`.
   */
  scoreBatch(batch: RecordBatch, stop?: AbortSignal): Promise<ScoredBatch>;
  readonly reload: ReloadModel;
  /** Finishes what is under way. */
  close(): Promise<void>;
}

/** The threads of one model. */
export interface OpenedModel {
  readonly stamp: ModelStamp;
  readonly pool: ScorerPool;
}

export interface ModelSwapOptions {
  /** Loads, checks and warms a model; rejects where it cannot be used. */
  readonly open: (directory: string) => Promise<OpenedModel>;
  /** Of the first model, and of every later one that is asked for without a directory. */
  readonly directory: string;
  readonly logger: Logger;
}

/**
 * A scorer whose model can be replaced while it scores. The next model is ready before the first batch goes to it; what
 * has begun ends with the model that it began with, which is closed then. For that time both are in memory.
 *
 * @throws whatever `open` rejects with
 */
export async function createModelSwap({ open, directory, logger }: ModelSwapOptions): Promise<Scorer> {
  let model = await open(directory);
  let swapping: Promise<ModelReload> | undefined;
  let isClosing = false;
  modelInUse.record(1, attributesOf(model.stamp));

  async function swap(from: string): Promise<ModelReload> {
    const started = performance.now();
    let next: OpenedModel;
    try {
      next = await open(from);
    } catch (error) {
      return refuse(error, from);
    }
    const before = model;
    model = next;
    const millis = Math.round(performance.now() - started);
    modelInUse.record(0, attributesOf(before.stamp));
    modelInUse.record(1, attributesOf(next.stamp));
    modelSwaps.add(1, { 'sentiflux.outcome': 'swapped' });
    logger.info({ from: before.stamp, to: next.stamp, directory: from, millis }, 'another model is in use');
    await before.pool.close().catch((error: unknown) => {
      logger.error({ err: error }, 'the threads of the model before could not be closed');
    });
    return { kind: 'swapped', from: before.stamp, to: next.stamp, millis };
  }

  function refuse(error: unknown, from: string): ModelReload {
    const { code, message, hint } =
      error instanceof SentifluxError ? error : new SentifluxError('SF_SCORER_FAILED', messageOf(error));
    modelSwaps.add(1, { 'sentiflux.outcome': 'refused', 'sentiflux.error.code': code });
    logger.error(
      { code, reason: message, hint, directory: from, model: model.stamp },
      'a model is refused; the one before stays in use',
    );
    return { kind: 'refused', code, message, ...(hint !== undefined && { hint }), model: model.stamp };
  }

  return {
    get stamp() {
      return model.stamp;
    },
    score: (texts) => model.pool.scoreTexts(texts),
    scoreBatch: (batch, stop) => model.pool.scoreBatch(batch, stop),
    async reload(from = directory) {
      if (isClosing || swapping !== undefined) {
        logger.warn({ code: 'SF_MODEL_BUSY' }, 'no model is loaded: another swap is under way');
        return { kind: 'busy' };
      }
      swapping = swap(from).finally(() => {
        swapping = undefined;
      });
      return swapping;
    },
    async close() {
      isClosing = true;
      await swapping;
      await model.pool.close();
    },
  };
}

function attributesOf({ version, engine, precision }: ModelStamp) {
  return {
    'sentiflux.model.version': version,
    'sentiflux.engine': engine,
    'sentiflux.precision': precision,
  };
}
