import { DelayedError, type Job, Queue, UnrecoverableError, Worker } from 'bullmq';
import { retryDelay } from '../../contracts/retry-delay.js';
import { type Delivery, type DeliveryOutcome, deliverySchema } from '../delivery/delivery.js';
import {
  type BullmqConnectionOptions,
  connectForJobs,
  deliveryQueue,
  jobsPrefix,
  reaching,
  warningOf,
} from './bullmq-connection.js';
import {
  deliveryJobId,
  type JobHandlers,
  type JobOptions,
  type Jobs,
  jobBefore,
  LIMIT_MILLIS,
  logUndelivered,
} from './port.js';

export interface BullmqJobOptions extends JobOptions, BullmqConnectionOptions {}

const EVALUATION = 'alert-evaluation';
const SCHEDULER = 'evaluate';
/** How often to look whether Redis still knows when to evaluate. */
const LOOK_EVERY_MILLIS = 5_000;
/** A delivery is known by its key for this long after its end, so that it is not made twice. */
const DONE = { age: 86_400, count: 10_000 };
const GIVEN_UP = { age: 35 * 86_400, count: 10_000 };
/** States of a job that will not be attempted again; `unknown` is one that has been removed. */
const ENDED: ReadonlySet<string> = new Set(['completed', 'failed', 'unknown']);
/** Of one receiver and process. */
const DELIVERIES_AT_ONCE = 4;

/** An attempt failed that may be repeated. */
class TryAgain extends Error {
  readonly afterMs: number | undefined;

  constructor(reason: string, afterMs: number | undefined) {
    super(reason);
    this.afterMs = afterMs;
  }
}

/**
 * Jobs in Redis: they outlive the process, and several processes share them. BullMQ gives each evaluation to
 * one of them; it does not keep the next from beginning elsewhere while a slow one, or one whose process died,
 * is still running. The evaluator's compare-and-set makes that harmless. Each receiver has a queue, with a limit that
 * holds over all processes.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE, SF_STORE_REFUSED
 */
export async function openBullmqJobs(options: BullmqJobOptions): Promise<Jobs> {
  const { logger, receivers, random = Math.random } = options;
  const prefix = jobsPrefix(options);
  const warn = warningOf(logger);
  // Who adds a job wants to hear that it failed; a worker waits for as long as Redis is away.
  const forQueues = await connectForJobs(options, 1);
  const forWorkers = await connectForJobs(options, null);
  const queueOf = (name: string) => new Queue(name, { connection: forQueues, prefix }).on('error', warn);
  const evaluations = queueOf(EVALUATION);
  const deliveries = new Map(receivers.map(({ name }) => [name, queueOf(deliveryQueue(name))]));
  let workers: readonly Worker[] = [];
  let looking: NodeJS.Timeout | undefined;
  let closed: Promise<void> | undefined;

  function evaluationWorker({ evaluate }: JobHandlers): Worker {
    return new Worker(EVALUATION, async () => void (await evaluate()), { connection: forWorkers, prefix })
      .on('error', warn)
      .on('failed', (_, error) => logger.error({ err: error }, 'an evaluation failed'));
  }

  function deliveryWorkers({ deliver }: JobHandlers): readonly Worker[] {
    const attempt = async (job: Job, token?: string): Promise<string> => {
      const delivery = deliveryOf(job.data);
      await waitForJobBefore(job, delivery, token);
      return settle(await deliver(delivery));
    };
    return receivers.map(({ name, perMinute }) =>
      new Worker(deliveryQueue(name), attempt, {
        connection: forWorkers,
        prefix,
        concurrency: DELIVERIES_AT_ONCE,
        limiter: { max: perMinute, duration: LIMIT_MILLIS },
        settings: { backoffStrategy: (attempts, _, error) => waitAfter(attempts, error) },
      })
        .on('error', warn)
        .on('failed', (job, error) => {
          // Without an end there are attempts left.
          if (job?.id !== undefined && job.finishedOn !== undefined) {
            logUndelivered(logger, name, job.id, error.message);
          }
        }),
    );
  }

  /**
   * Puts a job off for as long as the one that goes before it has not ended; no attempt of its own is spent on that.
   *
   * @throws DelayedError, by which BullMQ knows of it
   */
  async function waitForJobBefore(job: Job, delivery: Delivery, token?: string): Promise<void> {
    const before = jobBefore(delivery);
    if (before === undefined) return;
    const state = await deliveries.get(delivery.receiver)?.getJobState(before);
    if (state === undefined || ENDED.has(state)) return;
    await job.moveToDelayed(
      Date.now() + retryDelay(job.attemptsStarted, options.deliveryBackoffMs, random),
      token,
    );
    throw new DelayedError();
  }

  function waitAfter(attempts: number, error: Error | undefined): number {
    const afterMs = error instanceof TryAgain ? error.afterMs : undefined;
    return retryDelay(attempts, options.deliveryBackoffMs, random, { afterMillis: afterMs });
  }

  async function schedule(): Promise<void> {
    await reaching(
      options,
      evaluations.upsertJobScheduler(
        SCHEDULER,
        { every: options.evaluateEveryMs },
        { name: 'evaluate', opts: { removeOnComplete: true, removeOnFail: true } },
      ),
    );
  }

  /** A Redis that has lost its data evaluates nothing more, and BullMQ does not notice. */
  async function scheduleIfLost(): Promise<void> {
    if (forQueues.status !== 'ready' || (await evaluations.getJobScheduler(SCHEDULER)) !== undefined) return;
    logger.warn({}, 'the schedule of the evaluations is gone: it is made anew');
    await schedule();
  }

  /** The job of a delivery, which several processes may add: its id tells that it is there already. */
  function jobOf(delivery: Delivery) {
    return {
      name: delivery.event,
      data: delivery,
      opts: {
        jobId: deliveryJobId(delivery),
        attempts: options.deliveryAttempts,
        backoff: { type: 'custom' },
        removeOnComplete: DONE,
        removeOnFail: GIVEN_UP,
      },
    };
  }

  async function close(): Promise<void> {
    clearInterval(looking);
    // Without Redis nothing that runs can be finished, and BullMQ would wait for it.
    const force = forWorkers.status !== 'ready';
    await Promise.all(workers.map((worker) => worker.close(force)));
    await Promise.all([evaluations, ...deliveries.values()].map((queue) => queue.close()));
    forWorkers.disconnect();
    forQueues.disconnect();
  }

  return {
    async start(handlers) {
      workers = [evaluationWorker(handlers), ...deliveryWorkers(handlers)];
      await schedule();
      looking = setInterval(() => {
        scheduleIfLost().catch(warn);
      }, LOOK_EVERY_MILLIS).unref();
    },

    async enqueue(given) {
      for (const [name, queue] of deliveries) {
        const jobs = given.filter(({ receiver }) => receiver === name).map(jobOf);
        if (jobs.length > 0) await reaching(options, queue.addBulk(jobs));
      }
    },

    close: () => (closed ??= close()),
  };
}

/** @throws UnrecoverableError for a job that is no delivery: it will never be one */
function deliveryOf(data: unknown): Delivery {
  const parsed = deliverySchema.safeParse(data);
  if (!parsed.success) throw new UnrecoverableError(`the job is no delivery: ${parsed.error.message}`);
  return parsed.data;
}

/** What the job returns, or the error that BullMQ tells a repeat and an end by. */
function settle(outcome: DeliveryOutcome): string {
  switch (outcome.kind) {
    case 'delivered':
      return outcome.answer;
    case 'superseded':
      return 'not told: resolved by then';
    case 'refused':
      throw new UnrecoverableError(outcome.reason);
    case 'retry':
      throw new TryAgain(outcome.reason, outcome.afterMs);
  }
}
