import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { Logger } from '../contracts/logger.js';
import { KEY_IS_NULL, type RecordBatch, VALUE_IS_NULL } from '../contracts/record.js';
import { OUTCOME, type ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import { joinParts, partOf } from './batch-parts.js';

/** A batch, or a lone post, that fails is tried again before anything is concluded from it. */
const ATTEMPTS = 2;
const WAIT_MILLIS = 200;
/** The scorer is given up when it fails the probe so often, over some 7 s: what passes by then was no failure of it. */
const PROBE_ATTEMPTS = 4;
const PROBE_WAIT_MILLIS = 1_000;
/** The time limit of a part of a batch shrinks with it, down to this share: a post's time is not all proportional. */
const LEAST_LIMIT_SHARE = 1 / 16;

type Attempt =
  | { readonly kind: 'scored'; readonly scored: ScoredBatch }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface PoisonSearchOptions {
  /** Tries a batch once. A thread that has not answered within the limit is ended; see `ScorerThreads.run`. */
  readonly attempt: (batch: RecordBatch, limitMillis: number, stop?: AbortSignal) => Promise<ScoredBatch>;
  /** The first attempt of a whole batch, which others may share: what fails is tried again alone. */
  readonly attemptFirst: (batch: RecordBatch, stop?: AbortSignal) => Promise<ScoredBatch>;
  /** Scores texts that every model can score; rejects where this scorer cannot. */
  readonly probe: () => Promise<unknown>;
  /** Of the scorer. */
  readonly stamp: ModelStamp;
  /** Most time for a batch. */
  readonly limitMillis: number;
  readonly wait: (millis: number) => Promise<unknown>;
  readonly logger: Logger;
}

/**
 * Scores batches in which single posts may be poison: they make the scorer throw, end or stall its thread. A batch
 * that fails twice is cut in halves until the one post is found, which is rejected with SF_SCORER_POISON; all others
 * are scored.
 *
 * A post is poison only when it fails alone, twice, with the whole time limit, and the scorer still scores the probe
 * after it. A scorer that fails the probe has failed itself: then no post is rejected, and this batch and all later
 * ones reject.
 *
 * @throws SentifluxError SF_SCORER_FAILED; the reason of `stop`, where the next attempt has not begun by then
 */
export function createPoisonSearch(
  options: PoisonSearchOptions,
): (batch: RecordBatch, stop?: AbortSignal) => Promise<ScoredBatch> {
  const { probe, stamp, limitMillis, wait, logger } = options;
  let failed: SentifluxError | undefined;
  let probing: Promise<void> | undefined;

  async function settled(attempt: () => Promise<ScoredBatch>, stop?: AbortSignal): Promise<Attempt> {
    if (failed !== undefined) throw failed;
    try {
      return { kind: 'scored', scored: await attempt() };
    } catch (error) {
      if (stop?.aborted && error === stop.reason) throw error;
      return { kind: 'failed', error };
    }
  }

  function attempt(batch: RecordBatch, limit: number, stop?: AbortSignal): Promise<Attempt> {
    return settled(() => options.attempt(batch, limit, stop), stop);
  }

  async function score(
    batch: RecordBatch,
    attemptsBefore: number,
    stop: AbortSignal | undefined,
  ): Promise<ScoredBatch> {
    let failure: unknown;
    for (let number = 1; number <= ATTEMPTS; number += 1) {
      const isFirst = attemptsBefore + number === 1;
      const outcome = await (isFirst
        ? settled(() => options.attemptFirst(batch, stop), stop)
        : attempt(batch, limitMillis, stop));
      if (outcome.kind === 'scored') return outcome.scored;
      failure = outcome.error;
      const { topic, partition, length } = batch;
      logger.warn(
        { code: 'SF_SCORER_FAILED', err: failure, topic, partition, offset: batch.offsets[0], posts: length },
        'a batch could not be scored; it is tried again',
      );
      await wait(WAIT_MILLIS * number);
    }
    // Batches that fail side by side share a probe.
    probing ??= probeScorer().finally(() => {
      probing = undefined;
    });
    await probing;
    const attempts = attemptsBefore + ATTEMPTS;
    return batch.length === 1
      ? reject(batch, failure, attempts)
      : scoreHalves(batch, limitMillis / 2, attempts, stop);
  }

  async function scoreHalves(
    batch: RecordBatch,
    limit: number,
    attempts: number,
    stop: AbortSignal | undefined,
  ): Promise<ScoredBatch> {
    const middle = batch.length >> 1;
    // One after the other: what looks for poison leaves the other threads to those who do not.
    const first = await scorePart(partOf(batch, 0, middle), limit, attempts, stop);
    const second = await scorePart(partOf(batch, middle, batch.length), limit, attempts, stop);
    return joinParts(first, second);
  }

  async function scorePart(
    part: RecordBatch,
    limit: number,
    attempts: number,
    stop: AbortSignal | undefined,
  ): Promise<ScoredBatch> {
    if (part.length === 1) return score(part, attempts, stop);
    const outcome = await attempt(part, Math.max(limit, limitMillis * LEAST_LIMIT_SHARE), stop);
    return outcome.kind === 'scored' ? outcome.scored : scoreHalves(part, limit / 2, attempts + 1, stop);
  }

  async function probeScorer(): Promise<void> {
    for (let number = 1; ; number += 1) {
      try {
        await probe();
        return;
      } catch (error) {
        if (number === PROBE_ATTEMPTS) {
          failed = new SentifluxError(
            'SF_SCORER_FAILED',
            `the scorer fails whatever it is given: ${messageOf(error)}.`,
            {
              hint: 'No post is given up for it. Check the model, and the memory that is left.',
              cause: error,
            },
          );
          throw failed;
        }
        logger.warn({ code: 'SF_SCORER_FAILED', err: error }, 'the scorer cannot score its probe');
      }
      await wait(PROBE_WAIT_MILLIS * 2 ** (number - 1));
    }
  }

  /** A batch of one post as a scorer thread gives it back when it rejects the post. */
  function reject(
    { topic, partition, offsets }: RecordBatch,
    failure: unknown,
    attempts: number,
  ): ScoredBatch {
    const message = `the scorer cannot score it: ${messageOf(failure)}`;
    logger.error(
      { code: 'SF_SCORER_POISON', err: failure, topic, partition, offset: offsets[0], attempts },
      'the scorer cannot score a post; it goes to the dead letters',
    );
    return {
      length: 1,
      outcomes: Uint8Array.of(OUTCOME.rejected),
      bytes: new Uint8Array(),
      boundaries: new Uint32Array(3),
      nulls: Uint8Array.of(KEY_IS_NULL | VALUE_IS_NULL),
      rejections: [{ index: 0, code: 'SF_SCORER_POISON', message, attempts }],
      model: stamp,
      tokens: 0,
      prepareMillis: 0,
      scoreMillis: 0,
    };
  }

  return (batch, stop) => score(batch, 0, stop);
}
