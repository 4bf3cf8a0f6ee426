import { Piscina } from 'piscina';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import { scorerThreadsEnded } from '../telemetry/instruments.js';
import { PROGRESS, THREAD_HANDLER, type ThreadAnswer, type ThreadTask, type TimedTask } from './thread.js';

/** Reading the model included; on a machine that has other work to do, too. */
const MOST_START_MILLIS = 60_000;
/** A thread that is to end but is in its engine is looked at so often. */
const IN_ENGINE_EVERY_MILLIS = 20;

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

/** Tries a task once, in a thread that is free. */
export type RunTask = <Task extends ThreadTask>(
  task: Task,
  limitMillis?: number,
) => Promise<Answer<Task['kind']>>;

/** Threads, each of which is replaced when it ends. */
export interface ScorerThreads {
  /**
   * Tries a task once, in the next free thread.
   *
   * @param limitMillis the thread is ended when it takes longer, once it has begun; no limit by default
   * @param stop a task that no thread has begun by then is not begun any more
   * @throws the reason of `stop`, for such a task
   * @throws ThreadEnded what the task did to its thread
   * @throws SentifluxError why the thread could not open its scorer, for the task `describe`
   */
  run<Task extends ThreadTask>(
    task: Task,
    limitMillis?: number,
    stop?: AbortSignal,
  ): Promise<Answer<Task['kind']>>;
  /** Waits for a free thread and only then lets say what it is to do. */
  whenFree<Result>(work: (run: RunTask) => Promise<Result>): Promise<Result>;
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
  const pool = new Piscina<TimedTask, ThreadAnswer>({
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
    const progress = new BigInt64Array(
      new SharedArrayBuffer(Object.keys(PROGRESS).length * BigInt64Array.BYTES_PER_ELEMENT),
    );
    const inTime =
      limitMillis === undefined
        ? undefined
        : limitTime({ progress, limitMillis, end: (ended) => controller.abort(ended) });
    running.add(controller);
    try {
      return await pool.run({ ...task, progress }, { signal });
    } catch (error) {
      const leftByItself = Atomics.load(progress, PROGRESS.toEnd) === 1n;
      const ended =
        signal.reason instanceof ThreadEnded
          ? signal.reason
          : leftByItself
            ? noAnswer(limitMillis ?? 0)
            : endOf(error);
      scorerThreadsEnded.add(1, { 'sentiflux.reason': ended.reason });
      throw ended;
    } finally {
      inTime?.();
      running.delete(controller);
    }
  }

  async function answerOf<Task extends ThreadTask>(
    task: Task,
    limitMillis?: number,
  ): Promise<Answer<Task['kind']>> {
    const answer = await runNow(task, limitMillis);
    if (answer.kind !== 'failed') return answer.result as Answer<Task['kind']>; // Of the kind of its task.
    const { code, message, hint } = answer;
    throw new SentifluxError(code, message, { ...(hint !== undefined && { hint }) });
  }

  const inTurn = createTurns(threads);
  return {
    run: (task, limitMillis, stop) =>
      inTurn(async () => {
        stop?.throwIfAborted();
        return answerOf(task, limitMillis);
      }),
    whenFree: (work) => inTurn(() => work(answerOf)),
    destroy() {
      // `close` would hold the pool, and the model in it, for 30 s more.
      return pool.destroy();
    },
  };
}

interface TimeLimit {
  readonly progress: BigInt64Array;
  readonly limitMillis: number;
  readonly end: (ended: ThreadEnded) => void;
}

/**
 * Looks whether a task has been begun and is not over in time. A thread that replaces another one starts first; one
 * that is in its engine gets as much time again to come out of it.
 *
 * @returns to be called when the task is over
 */
function limitTime({ progress, limitMillis, end }: TimeLimit): () => void {
  const asked = Date.now();
  let timer = setTimeout(look, limitMillis);
  function look(): void {
    const begun = Number(Atomics.load(progress, PROGRESS.begunAt));
    const [since, limit] = begun === 0 ? [asked, MOST_START_MILLIS] : [begun, limitMillis];
    const left = since + limit - Date.now();
    if (left > 0) {
      timer = setTimeout(look, Math.min(left, limitMillis));
      return;
    }
    Atomics.store(progress, PROGRESS.toEnd, 1n);
    const isInEngine = Atomics.load(progress, PROGRESS.inEngine) === 1n;
    if (isInEngine && left > -limit) timer = setTimeout(look, IN_ENGINE_EVERY_MILLIS);
    else end(begun === 0 ? new ThreadEnded('hang', `no start within ${limit / 1_000} s`) : noAnswer(limit));
  }
  return () => clearTimeout(timer);
}

function noAnswer(limitMillis: number): ThreadEnded {
  return new ThreadEnded('hang', `no answer within ${limitMillis / 1_000} s`);
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
