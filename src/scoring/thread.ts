import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type ErrorCode, errorOf, messageOf, SentifluxError } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import type { TextOutcome } from '../contracts/text-score.js';
import type { TextToScore } from '../contracts/text-scorer.js';
import type { EngineFallback } from './choose-engine.js';
import type { ScoringEngine } from './engine.js';
import type { BatchScorer } from './score-batch.js';

/** What the pool asks of a thread. */
export type ThreadTask =
  | { readonly kind: 'describe' }
  | { readonly kind: 'batch'; readonly batch: RecordBatch }
  | { readonly kind: 'texts'; readonly texts: readonly TextToScore[] };

/** A task on its way to a thread, and what the two sides tell each other of it while it is under way. */
export type TimedTask = ThreadTask & { readonly progress: BigInt64Array<SharedArrayBuffer> };

/**
 * Indices into a task's `progress`, all 0 at first. ONNX Runtime ends the process when its thread is ended in the
 * midst of a call. So the thread says when it enters the engine, then looks whether it is to end; and the pool says
 * that it is to end, then looks whether it is in the engine: one of the two sees the other.
 */
export const PROGRESS = {
  /** When the thread began the task, in ms since the epoch. */
  begunAt: 0,
  /** 1 while the thread is in the engine. */
  inEngine: 1,
  /** 1 once the thread is to end. */
  toEnd: 2,
} as const;

/** What a thread answers: the result of the task's kind, or why it has no scorer. */
export type ThreadAnswer =
  | { readonly kind: 'describe'; readonly result: ScorerDescription }
  | { readonly kind: 'batch'; readonly result: ScoredBatch }
  | { readonly kind: 'texts'; readonly result: readonly TextOutcome[] }
  | ThreadFailure;

export interface ThreadFailure {
  readonly kind: 'failed';
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** What runs in the threads. */
export interface ScorerDescription {
  readonly stamp: ModelStamp;
  readonly fallback?: EngineFallback;
}

/** A scorer as a thread opens it. */
export interface OpenedScorer {
  readonly scorer: BatchScorer;
  readonly fallback?: EngineFallback;
}

/** Name under which a thread's file exports its handler. */
export const THREAD_HANDLER = 'handle';

/**
 * Handler of one thread of the pool. The scorer is opened once, as the file is loaded; a file is
 * `export const handle = createThreadHandler(open)` and no more.
 *
 * A thread that cannot do what it was asked for ends: nothing tells in which state the error left the engine, and a
 * thread that only fails, and so is free at once, would draw all work to itself.
 *
 * @param open makes the scorer from the pool's `workerData`, which it has to check, and has its engine guarded
 * @param end ends the thread with an error, which becomes the pool's
 */
export function createThreadHandler(
  open: (workerData: unknown, guard: (engine: ScoringEngine) => ScoringEngine) => Promise<OpenedScorer>,
  end: (error: Error) => void = throwUncaught,
): (task: TimedTask) => Promise<unknown> {
  let progress: TimedTask['progress'] | undefined;
  const leaveIfToEnd = (): void => {
    if (progress !== undefined && Atomics.load(progress, PROGRESS.toEnd) === 1n)
      throw new Error('it took too long');
  };
  const guard = (engine: ScoringEngine): ScoringEngine => ({
    ...engine,
    async score(batch) {
      if (progress !== undefined) Atomics.store(progress, PROGRESS.inEngine, 1n);
      try {
        leaveIfToEnd();
        return await engine.score(batch);
      } finally {
        if (progress !== undefined) Atomics.store(progress, PROGRESS.inEngine, 0n);
        leaveIfToEnd();
      }
    },
  });
  const opening = open(workerData, guard);
  // Each task that waits for it answers with the error; until there is one it is not unhandled.
  opening.catch(() => {});

  return async (task) => {
    try {
      const opened = await opening;
      progress = task.progress;
      Atomics.store(progress, PROGRESS.begunAt, BigInt(Date.now()));
      return movable(await answer(opened, task));
    } catch (error) {
      // The one task that is there to ask for it.
      if (task.kind === 'describe') return failure(error);
      end(errorOf(error));
      return new Promise(() => {});
    }
  };
}

async function answer({ scorer, fallback }: OpenedScorer, task: ThreadTask): Promise<ThreadAnswer> {
  switch (task.kind) {
    case 'describe':
      return { kind: 'describe', result: { stamp: scorer.stamp, ...(fallback && { fallback }) } };
    case 'batch':
      return { kind: 'batch', result: await scorer.scoreBatch(task.batch) };
    case 'texts':
      return { kind: 'texts', result: await scorer.scoreTexts(task.texts) };
  }
}

/** A scored batch's buffers go to the main thread without a copy. */
function movable(answer: ThreadAnswer): unknown {
  if (answer.kind !== 'batch') return answer;
  const { bytes, boundaries, nulls, outcomes } = answer.result;
  return move({
    [transferableSymbol]: [bytes.buffer, boundaries.buffer, nulls.buffer, outcomes.buffer],
    [valueSymbol]: answer,
  });
}

function throwUncaught(error: Error): void {
  queueMicrotask(() => {
    throw error;
  });
}

function failure(error: unknown): ThreadFailure {
  if (!(error instanceof SentifluxError)) {
    return { kind: 'failed', code: 'SF_SCORER_FAILED', message: messageOf(error) };
  }
  const { code, message, hint } = error;
  return { kind: 'failed', code, message, ...(hint !== undefined && { hint }) };
}
