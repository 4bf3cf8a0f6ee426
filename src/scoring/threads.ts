import { Piscina } from 'piscina';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import { scorerThreadsEnded } from '../telemetry/instruments.js';
import { THREAD_HANDLER, type ThreadAnswer, type ThreadTask } from './thread.js';

export interface ScorerThreadsOptions {
  /** Compiled file of a thread: exports `handle`, made by `createThreadHandler`. */
  readonly thread: URL;
  /** What each thread opens its scorer from. Copied, not shared. */
  readonly workerData: unknown;
  readonly threads: number;
  /** Most that the objects of a thread may take; buffers and what engines allocate is beside it. */
  readonly heapMegabytes: number;
  readonly logger: Logger;
}

export type Answer<Kind extends ThreadTask['kind']> = Extract<ThreadAnswer, { kind: Kind }>['result'];

/** Threads, each of which is replaced when it ends. */
export interface ScorerThreads {
  /**
   * Tries a task once, in the next free thread.
   *
   * @param limitMillis the thread is ended when it has not answered by then, its start included; no limit by default
   * @throws ThreadEnded what the task did to its thread
   * @throws SentifluxError why the thread could not open its scorer, for the task `describe`
   */
  run<Task extends ThreadTask>(task: Task, limitMillis?: number): Promise<Answer<Task['kind']>>;
  /** Ends the threads at once. */
  destroy(): Promise<void>;
}

/** A thread ended over its task: it threw or left, did not answer in time, or needed more memory than it may have. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';
  readonly reason: 'crash' | 'hang' | 'memory';

  constructor(reason: ThreadEnded['reason'], message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
  }
}

/** Starts the threads; a task finds out whether they could open their scorers. */
export function startScorerThreads(options: ScorerThreadsOptions): ScorerThreads {
  const { thread, workerData, threads, heapMegabytes, logger } = options;
  const pool = new Piscina<ThreadTask, ThreadAnswer>({
    filename: thread.href,
    name: THREAD_HANDLER,
    workerData,
    minThreads: threads,
    maxThreads: threads,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    recordTiming: false,
  });
  // The error of a thread without a task; the pool has replaced it.
  pool.on('error', (error) => logger.error({ err: error }, 'a scorer thread died'));

  const running = new Set<AbortController>();
  // In place of a thread that dies as it starts the pool starts no other until the next task comes. What waits
  // when no thread is left must not wait for ever.
  pool.on('workerDestroy', () => {
    setImmediate(() => {
      if (pool.threads.length > 0) return;
      for (const task of running) task.abort(new ThreadEnded('crash', 'its replacement died as it started'));
    });
  });

  /** The pool ends the thread of a task that is aborted, and starts another. */
  async function runNow(task: ThreadTask, limitMillis: number | undefined): Promise<ThreadAnswer> {
    const controller = new AbortController();
    const { signal } = controller;
    const hang = (): void =>
      controller.abort(new ThreadEnded('hang', `no answer within ${(limitMillis ?? 0) / 1_000} s`));
    const timer = limitMillis === undefined ? undefined : setTimeout(hang, limitMillis);
    running.add(controller);
    try {
      return await pool.run(task, { signal });
    } catch (error) {
      const ended = signal.reason instanceof ThreadEnded ? signal.reason : endOf(error);
      scorerThreadsEnded.add(1, { 'sentiflux.reason': ended.reason });
      throw ended;
    } finally {
      clearTimeout(timer);
      running.delete(controller);
    }
  }

  const inTurn = createTurns(threads);
  return {
    async run<Task extends ThreadTask>(task: Task, limitMillis?: number): Promise<Answer<Task['kind']>> {
      const answer = await inTurn(() => runNow(task, limitMillis));
      if (answer.kind !== 'failed') return answer.result as Answer<Task['kind']>; // Of the kind of its task.
      const { code, message, hint } = answer;
      throw new SentifluxError(code, message, { ...(hint !== undefined && { hint }) });
    },
    // `close` would hold the pool, and the model in it, for 30 s more.
    destroy: () => pool.destroy(),
  };
}

function endOf(error: unknown): ThreadEnded {
  const isOutOfMemory =
    error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return isOutOfMemory
    ? new ThreadEnded('memory', 'its thread ran out of memory', error)
    : new ThreadEnded('crash', messageOf(error), error);
}

/**
 * Lets so many run at once, and the others in the order in which they came. The pool would queue them too, but does
 * not tell when a task leaves the queue: its time limit must begin then.
 */
function createTurns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let free = most;
  const waiting: Array<() => void> = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
