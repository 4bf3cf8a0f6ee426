import { type Job, type JobType, Queue } from 'bullmq';
import { epochMillis } from '../../contracts/ids.js';
import { deliverySchema } from '../delivery/delivery.js';
import {
  type BullmqConnectionOptions,
  connectForJobs,
  deliveryQueue,
  jobsPrefix,
  reaching,
  receiversWithQueue,
  warningOf,
} from './bullmq-connection.js';
import type { DeliveryBook, DeliveryFilter, DeliveryRecord, DeliveryState } from './delivery-book.js';

const TYPES: Readonly<Record<DeliveryState, JobType[]>> = {
  waiting: ['wait', 'delayed', 'active', 'prioritized'],
  delivered: ['completed'],
  dead: ['failed'],
};

/**
 * The deliveries in Redis. It makes none itself: the alert role does.
 *
 * @throws SentifluxError SF_STORE_UNREACHABLE, SF_STORE_REFUSED
 */
export async function openBullmqDeliveryBook(options: BullmqConnectionOptions): Promise<DeliveryBook> {
  const prefix = jobsPrefix(options);
  const connection = await connectForJobs(options, 1);
  const warn = warningOf(options.logger);
  const queues = new Map<string, Queue>();

  function queueOf(receiver: string): Queue {
    const queue =
      queues.get(receiver) ?? new Queue(deliveryQueue(receiver), { connection, prefix }).on('error', warn);
    queues.set(receiver, queue);
    return queue;
  }

  async function inState(receiver: string, state: DeliveryState): Promise<readonly DeliveryRecord[]> {
    const jobs = await queueOf(receiver).getJobs(TYPES[state]);
    // One that has just ended may be gone before it is read.
    return jobs.flatMap((job: Job | undefined) => (job === undefined ? [] : recordOf(receiver, state, job)));
  }

  async function list(
    state: DeliveryState,
    { receiver: only, alert }: DeliveryFilter,
  ): Promise<readonly DeliveryRecord[]> {
    const receivers = only === undefined ? await receiversWithQueue(connection, prefix) : [only];
    const records = (await Promise.all(receivers.map((receiver) => inState(receiver, state)))).flat();
    return records
      .filter(({ delivery }) => alert === undefined || delivery?.alert.id === alert)
      .sort((a, b) => a.handedOverAt - b.handedOverAt || (a.id < b.id ? -1 : 1));
  }

  async function get(id: string): Promise<DeliveryRecord | undefined> {
    const [receiver = ''] = id.split('/');
    const job: Job | undefined = await queueOf(receiver).getJob(id);
    if (job === undefined) return undefined;
    const state = (await job.isFailed()) ? 'dead' : (await job.isCompleted()) ? 'delivered' : 'waiting';
    return recordOf(receiver, state, job)[0];
  }

  async function resend({ id, receiver }: Pick<DeliveryRecord, 'id' | 'receiver'>): Promise<boolean> {
    const job: Job | undefined = await queueOf(receiver).getJob(id);
    if (job === undefined || !(await job.isFailed())) return false;
    await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
    return true;
  }

  return {
    list: (state, filter) => reaching(options, list(state, filter)),
    get: (id) => reaching(options, get(id)),
    resend: (record) => reaching(options, resend(record)),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      connection.disconnect();
    },
  };
}

function recordOf(receiver: string, state: DeliveryState, job: Job): readonly DeliveryRecord[] {
  if (job.id === undefined) return [];
  const { success, data } = deliverySchema.safeParse(job.data);
  const answer = state === 'delivered' ? job.returnvalue : job.failedReason;
  return [
    {
      id: job.id,
      receiver,
      state,
      ...(success && { delivery: data }),
      attempts: job.attemptsMade,
      ...(typeof answer === 'string' && { answer }),
      handedOverAt: epochMillis(job.timestamp),
      ...(job.finishedOn !== undefined && { endedAt: epochMillis(job.finishedOn) }),
    },
  ];
}
