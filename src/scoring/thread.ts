import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type ErrorCode, errorOf, messageOf, SentifluxError } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import type { TextOutcome } from '../contracts/text-score.js';
import type { TextToScore } from '../contracts/text-scorer.js';
import type { EngineFallback } from './choose-engine.js';
import type { BatchScorer } from './score-batch.js';

/** What the pool asks of a thread. */
export type ThreadTask =
  | { readonly kind: 'describe' }
  | { readonly kind: 'batch'; readonly batch: RecordBatch }
  | { readonly kind: 'texts'; readonly texts: readonly TextToScore[] };

/** A task on its way to a thread, which notes there when it begins it, in ms since the epoch: until then 0. */
export type TimedTask = ThreadTask & { readonly begunAt: BigInt64Array<SharedArrayBuffer> };

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
 * @param open makes the scorer from the pool's `workerData`, which it has to check
 * @param end ends the thread with an error, which becomes the pool's
 */
export function createThreadHandler(
  open: (workerData: unknown) => Promise<OpenedScorer>,
  end: (error: Error) => void = throwUncaught,
): (task: TimedTask) => Promise<unknown> {
  const opening = open(workerData);
  // Each task that waits for it answers with the error; until there is one it is not unhandled.
  opening.catch(() => {});

  return async (task) => {
    try {
      const opened = await opening;
      Atomics.store(task.begunAt, 0, BigInt(Date.now()));
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
