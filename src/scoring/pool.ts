import { setTimeout as waitFor } from 'node:timers/promises';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { TextOutcome } from '../contracts/text-score.js';
import type { TextToScore } from '../contracts/text-scorer.js';
import { scorerQueue } from '../telemetry/instruments.js';
import { withoutHeaders } from './batch-parts.js';
import { gatherBatches } from './gather.js';
import { createPoisonSearch } from './poison.js';
import type { ScorerDescription } from './thread.js';
import { type ScorerThreadsOptions, startScorerThreads } from './threads.js';

/** Texts whose thread ends are tried on another one; if that ends too, it is the texts. */
const ATTEMPTS = 2;

export interface ScorerPoolOptions extends ScorerThreadsOptions {
  /** A thread that takes longer over a batch is ended. */
  readonly batchTimeoutMs: number;
  /** Texts that every model can score. Where they fail too, it is the scorer that fails and no post. */
  readonly canaries: readonly TextToScore[];
  /** Between two attempts; a timer by default. */
  readonly wait?: (millis: number) => Promise<unknown>;
}

export interface ScorerPool {
  /**
   * Scores a batch in the next free thread and leaves its bytes as they are. What ends its thread is tried again, and
   * at last a post that the scorer cannot score is rejected with SF_SCORER_POISON; see `createPoisonSearch`.
   *
   * @param stop what no thread has begun by then is not scored any more
   * @throws SentifluxError SF_SCORER_FAILED where the scorer fails whatever it is given
   * @throws the reason of `stop`
   */
  scoreBatch(batch: RecordBatch, stop?: AbortSignal): Promise<ScoredBatch>;
  /**
   * Outcomes in the order of the texts.
   *
   * @throws SentifluxError SF_SCORER_FAILED where they end two threads
   */
  scoreTexts(texts: readonly TextToScore[]): Promise<readonly TextOutcome[]>;
  describe(): Promise<ScorerDescription>;
  /** Finishes what is under way, further attempts included; nothing may begin any more. */
  close(): Promise<void>;
}

/**
 * Starts the threads. Each has loaded its model when this resolves.
 *
 * @throws SentifluxError what a thread could not open, or SF_SCORER_FAILED
 */
export async function openScorerPool(options: ScorerPoolOptions): Promise<ScorerPool> {
  const { threads, batchTimeoutMs, canaries, wait = waitFor, logger } = options;
  const pool = startScorerThreads(options);
  const description = await describeAll();

  /** At the start every thread is free, and each takes one task: together they reach every thread. */
  async function describeAll(): Promise<ScorerDescription> {
    try {
      const [first, ...rest] = Array.from({ length: threads }, () => pool.run({ kind: 'describe' }));
      if (first === undefined) throw new RangeError('a pool has at least one thread');
      await Promise.all([first, ...rest]);
      return await first;
    } catch (error) {
      await pool.destroy();
      if (error instanceof SentifluxError) throw error;
      throw new SentifluxError('SF_SCORER_FAILED', `a scorer thread cannot start: ${messageOf(error)}.`, {
        cause: error,
      });
    }
  }

  async function scoreTexts(texts: readonly TextToScore[]): Promise<readonly TextOutcome[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await pool.run({ kind: 'texts', texts }, batchTimeoutMs);
      } catch (error) {
        if (attempt === ATTEMPTS) {
          throw new SentifluxError('SF_SCORER_FAILED', `${messageOf(error)}.`, { cause: error });
        }
        logger.warn(
          { code: 'SF_SCORER_FAILED', err: error },
          'texts could not be scored; they are tried again',
        );
      }
    }
  }

  const gathering = gatherBatches(pool, threads, batchTimeoutMs);
  const endMeasuring = scorerQueue.observe(() => [{ value: gathering.waiting() }]);
  const scoreBatch = createPoisonSearch({
    attempt: (batch, limitMillis, stop) =>
      pool.run({ kind: 'batch', batch: withoutHeaders(batch) }, limitMillis, stop),
    attemptFirst: gathering.score,
    async probe() {
      for (const outcome of await pool.run({ kind: 'texts', texts: canaries }, batchTimeoutMs)) {
        if (outcome.kind === 'rejected') throw new SentifluxError(outcome.code, outcome.message);
      }
    },
    stamp: description.stamp,
    limitMillis: batchTimeoutMs,
    wait,
    logger,
  });

  /** What has begun here ends here: in the threads of this pool, with the model that they were started with. */
  const underWay = new Set<Promise<unknown>>();
  function begin<Result>(work: Promise<Result>): Promise<Result> {
    const end = (): void => void underWay.delete(work);
    underWay.add(work);
    work.then(end, end);
    return work;
  }

  return {
    scoreBatch: (batch, stop) => begin(scoreBatch(batch, stop)),
    scoreTexts: (texts) => begin(scoreTexts(texts)),
    describe: async () => description,
    async close() {
      await Promise.allSettled(underWay);
      endMeasuring();
      await pool.destroy();
    },
  };
}
