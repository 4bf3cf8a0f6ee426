import { setMaxListeners } from 'node:events';
import { Piscina } from 'piscina';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { TextOutcome } from '../contracts/text-score.js';
import type { TextToScore } from '../contracts/text-scorer.js';
import { type ScorerDescription, THREAD_HANDLER, type ThreadAnswer, type ThreadTask } from './thread.js';

/** A batch whose thread dies is tried on another one; if that dies too, it is the batch. */
const ATTEMPTS = 2;

export interface ScorerPoolOptions {
  /** Compiled file of a thread: exports `handle`, made by `createThreadHandler`. */
  readonly thread: URL;
  /** What each thread opens its scorer from. Copied, not shared. */
  readonly workerData: unknown;
  readonly threads: number;
  readonly logger: Logger;
}

export interface ScorerPool {
  /**
   * Scores a batch in the next free thread and leaves its bytes as they are.
   *
   * @throws SentifluxError SF_SCORER_FAILED
   */
  scoreBatch(batch: RecordBatch): Promise<ScoredBatch>;
  /** Outcomes in the order of the texts. */
  scoreTexts(texts: readonly TextToScore[]): Promise<readonly TextOutcome[]>;
  describe(): Promise<ScorerDescription>;
  /** Finishes what is under way, second attempts included; nothing may begin any more. */
  close(): Promise<void>;
}

type Answer<Kind extends ThreadTask['kind']> = Extract<ThreadAnswer, { kind: Kind }>['result'];

/**
 * Starts the threads. Each has loaded its model when this resolves.
 *
 * @throws SentifluxError what a thread could not open, or SF_SCORER_FAILED
 */
export async function openScorerPool(options: ScorerPoolOptions): Promise<ScorerPool> {
  const { thread, workerData, threads, logger } = options;
  const pool = new Piscina<ThreadTask, ThreadAnswer>({
    filename: thread.href,
    name: THREAD_HANDLER,
    workerData,
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  });
  // The error of a thread without a task; the pool has replaced it.
  pool.on('error', (error) => logger.error({ err: error }, 'a scorer thread died'));
  // In place of a thread that dies as it starts the pool starts no other until the next task comes. What waits
  // when no thread is left must not wait for ever.
  let threadless = waitingTasks();
  pool.on('workerDestroy', () => {
    setImmediate(() => {
      if (pool.threads.length > 0) return;
      threadless.abort(new Error('its replacement died as it started'));
      threadless = waitingTasks();
    });
  });

  /** Rejects where the thread died; what its scorer threw comes as an answer. */
  async function run<Task extends ThreadTask>(task: Task): Promise<Answer<Task['kind']>> {
    const { signal } = threadless;
    const answer = await pool.run(task, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
    if (answer.kind === 'failed') {
      const { code, message, hint } = answer;
      throw new SentifluxError(code, message, { ...(hint !== undefined && { hint }) });
    }
    return answer.result as Answer<Task['kind']>; // A thread answers with the kind of its task.
  }

  async function runSafely<Task extends ThreadTask>(task: Task): Promise<Answer<Task['kind']>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await run(task);
      } catch (error) {
        if (error instanceof SentifluxError) throw error;
        if (attempt === ATTEMPTS) {
          throw new SentifluxError('SF_SCORER_FAILED', `the scorer thread died: ${messageOf(error)}.`, {
            cause: error,
          });
        }
        logger.warn(
          { code: 'SF_SCORER_FAILED', err: error },
          'a scorer thread died; its batch is tried again',
        );
      }
    }
  }

  /** What has begun here ends here: in the threads of this pool, with the model that they were started with. */
  const underWay = new Set<Promise<unknown>>();
  function begin<Task extends ThreadTask>(task: Task): Promise<Answer<Task['kind']>> {
    const answer = runSafely(task);
    const end = (): void => void underWay.delete(answer);
    underWay.add(answer);
    answer.then(end, end);
    return answer;
  }

  try {
    // At the start every thread is free, and each takes one task: together they reach every thread.
    await Promise.all(Array.from({ length: threads }, () => run({ kind: 'describe' })));
  } catch (error) {
    await pool.destroy();
    if (error instanceof SentifluxError) throw error;
    throw new SentifluxError('SF_SCORER_FAILED', `a scorer thread cannot start: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return {
    scoreBatch({ headers: _, ...batch }) {
      return begin({ kind: 'batch', batch });
    },
    scoreTexts: (texts) => begin({ kind: 'texts', texts }),
    describe: () => begin({ kind: 'describe' }),
    async close() {
      await Promise.allSettled(underWay);
      // Nothing is left to wait for. `pool.close` would hold the pool, and the model in it, for 30 s more.
      await pool.destroy();
    },
  };
}

/** Gives up the tasks that wait for a thread; as many may wait as there are batches in flight. */
function waitingTasks(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
