import { Queue, UnrecoverableError, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import { type Delivery, type DeliveryOutcome, deliverySchema } from '../delivery/delivery.js';
import {
  deliveryJobId,
  type JobHandlers,
  type JobOptions,
  type Jobs,
  logUndelivered,
  retryDelay,
} from './port.js';

export interface BullmqJobOptions extends JobOptions {
  readonly url: string;
  readonly connectTimeoutMs: number;
  /** Begins every key. */
  readonly namespace: string;
}

const EVALUATION = 'alert-evaluation';
const DELIVERY = 'alert-delivery';
const SCHEDULER = 'evaluate';
/** How often to look whether Redis still knows when to evaluate. */
const LOOK_EVERY_MILLIS = 5_000;
/** A socket that says nothing for this long is half open; workers wait up to 10 s for a job. */
const SOCKET_TIMEOUT_MILLIS = 30_000;
/** A delivery is known by its key for this long after its end, so that it is not made twice. */
const DONE = { age: 86_400, count: 10_000 };
const GIVEN_UP = { age: 35 * 86_400, count: 10_000 };
const DELIVERIES_AT_ONCE = 8;

/**
 * Jobs in Redis: they outlive the process, and several processes share them. BullMQ gives each evaluation to
 * one of them; it does not keep the next from beginning elsewhere while a slow one, or one whose process died,
 * is still running. The evaluator's compare-and-set makes that harmless.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE
 */
export async function openBullmqJobs(options: BullmqJobOptions): Promise<Jobs> {
  const { logger, random = Math.random } = options;
  const prefix = `sf:{${options.namespace}:jobs}`;
  const warnOf = (error: Error) =>
    logger.warn({ code: 'SF_STORE_UNREACHABLE', err: error }, 'the connection to the jobs in Redis failed');
  const connect = async (maxRetriesPerRequest: number | null): Promise<Redis> => {
    const connection = new Redis(options.url, {
      lazyConnect: true,
      connectTimeout: options.connectTimeoutMs,
      maxRetriesPerRequest,
      socketTimeout: SOCKET_TIMEOUT_MILLIS,
      // After a failover the connection may still lead to what is a replica now; what it refused is sent again.
      reconnectOnError: (error) => (error.message.includes('READONLY') ? 2 : false),
    });
    connection.on('error', warnOf);
    try {
      await connection.connect();
    } catch (error) {
      connection.disconnect();
      throw unreachable(error);
    }
    return connection;
  };

  // Who adds a job wants to hear that it failed; a worker waits for as long as Redis is away.
  const forQueues = await connect(1);
  const forWorkers = await connect(null);
  const evaluations = new Queue(EVALUATION, { connection: forQueues, prefix }).on('error', warnOf);
  const deliveries = new Queue(DELIVERY, { connection: forQueues, prefix }).on('error', warnOf);
  let workers: readonly Worker[] = [];
  let looking: NodeJS.Timeout | undefined;

  function evaluationWorker({ evaluate }: JobHandlers): Worker {
    return new Worker(EVALUATION, async () => void (await evaluate()), { connection: forWorkers, prefix })
      .on('error', warnOf)
      .on('failed', (_, error) => logger.error({ err: error }, 'an evaluation failed'));
  }

  function deliveryWorker({ deliver }: JobHandlers): Worker {
    return new Worker(DELIVERY, async ({ data }) => settle(await deliver(deliveryOf(data))), {
      connection: forWorkers,
      prefix,
      concurrency: DELIVERIES_AT_ONCE,
      settings: { backoffStrategy: (attempts) => retryDelay(attempts, options.deliveryBackoffMs, random) },
    })
      .on('error', warnOf)
      .on('failed', (job, error) => {
        // Without an end there are attempts left.
        if (job?.id !== undefined && job.finishedOn !== undefined) {
          logUndelivered(logger, job.id, error.message);
        }
      });
  }

  function schedule(): Promise<void> {
    return reaching(
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

  return {
    async start(handlers) {
      workers = [evaluationWorker(handlers), deliveryWorker(handlers)];
      await schedule();
      looking = setInterval(() => {
        scheduleIfLost().catch(warnOf);
      }, LOOK_EVERY_MILLIS).unref();
    },

    async enqueue(given) {
      if (given.length === 0) return;
      const jobs = given.map((delivery) => ({
        name: delivery.webhook,
        data: delivery,
        opts: {
          jobId: deliveryJobId(delivery),
          attempts: options.deliveryAttempts,
          backoff: { type: 'custom' },
          removeOnComplete: DONE,
          removeOnFail: GIVEN_UP,
        },
      }));
      await reaching(deliveries.addBulk(jobs));
    },

    async close() {
      clearInterval(looking);
      // Without Redis nothing that runs can be finished, and BullMQ would wait for it.
      const force = forWorkers.status !== 'ready';
      await Promise.all(workers.map((worker) => worker.close(force)));
      await Promise.all([evaluations.close(), deliveries.close()]);
      forWorkers.disconnect();
      forQueues.disconnect();
    },
  };
}

/** @throws UnrecoverableError for a job that is no delivery: it will never be one */
function deliveryOf(data: unknown): Delivery {
  const parsed = deliverySchema.safeParse(data);
  if (!parsed.success) throw new UnrecoverableError(`the job is no delivery: ${parsed.error.message}`);
  return parsed.data;
}

function settle(outcome: DeliveryOutcome): void {
  if (outcome.kind === 'refused') throw new UnrecoverableError(outcome.reason);
  if (outcome.kind === 'retry') throw new Error(outcome.reason);
}

async function reaching(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw unreachable(error);
  }
}

function unreachable(cause: unknown): SentifluxError {
  return new SentifluxError('SF_STORE_UNREACHABLE', `The jobs in Redis failed: ${messageOf(cause)}.`, {
    hint: 'Check that Redis runs where redis.url says and has memory left.',
    cause,
  });
}
