import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../contracts/errors.js';
import { retryDelay } from '../../contracts/retry-delay.js';
import type { Delivery, DeliveryOutcome } from '../delivery/delivery.js';
import {
  deliveryJobId,
  type JobHandlers,
  type JobOptions,
  type Jobs,
  jobBefore,
  LIMIT_MILLIS,
  logUndelivered,
} from './port.js';
import { createRateLimit } from './rate-limit.js';

/** How many deliveries are remembered, so that none is made twice. */
const REMEMBERED = 1_000;

/** Jobs of this process, on its timers. What waits for another attempt is lost when the process ends. */
export function createMemoryJobs(options: JobOptions): Jobs {
  const { logger, deliveryAttempts, deliveryBackoffMs, random = Math.random } = options;
  const closing = new AbortController();
  const taken = new Set<string>();
  const waiting: Delivery[] = [];
  const running = new Set<Promise<void>>();
  /** Deliveries that have not come to their end, by job. */
  const delivering = new Map<string, Promise<void>>();
  const limits = new Map(
    options.receivers.map(({ name, perMinute }) => [name, createRateLimit(perMinute, LIMIT_MILLIS)]),
  );
  let handlers: JobHandlers | undefined;

  async function evaluateAgainAndAgain({ evaluate }: JobHandlers): Promise<void> {
    while (!closing.signal.aborted) {
      await evaluate().catch((error: unknown) => logger.error({ err: error }, 'an evaluation failed'));
      await pause(options.evaluateEveryMs);
    }
  }

  async function deliverOne({ deliver }: JobHandlers, delivery: Delivery): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await turnOf(delivery.receiver);
      if (closing.signal.aborted) return;
      const outcome = await deliver(delivery).catch(failedAttempt);
      if (outcome.kind === 'delivered' || outcome.kind === 'superseded') return;
      if (outcome.kind === 'refused' || attempt === deliveryAttempts) {
        logUndelivered(logger, delivery.receiver, deliveryJobId(delivery), outcome.reason);
        return;
      }
      await pause(retryDelay(attempt, deliveryBackoffMs, random, { afterMillis: outcome.afterMs }));
    }
  }

  function beginDelivery(handlers: JobHandlers, delivery: Delivery): void {
    const id = deliveryJobId(delivery);
    const before = delivering.get(jobBefore(delivery) ?? '') ?? Promise.resolve();
    const delivered = before.then(() => deliverOne(handlers, delivery)).finally(() => delivering.delete(id));
    delivering.set(id, delivered);
    run(delivered);
  }

  /** Waits for as long as the receiver has had all that it may have. */
  async function turnOf(receiver: string): Promise<void> {
    const limit = limits.get(receiver);
    while (limit !== undefined && !closing.signal.aborted) {
      const wait = limit(performance.now());
      if (wait === 0) return;
      await pause(wait);
    }
  }

  /** Ends early when the jobs are closed. */
  async function pause(millis: number): Promise<void> {
    await sleep(millis, undefined, { signal: closing.signal }).catch(() => {});
  }

  function run(work: Promise<void>): void {
    const settled = work.finally(() => running.delete(settled));
    running.add(settled);
  }

  function remember(id: string): void {
    taken.add(id);
    const [oldest] = taken;
    if (taken.size > REMEMBERED && oldest !== undefined) taken.delete(oldest);
  }

  return {
    async start(given) {
      handlers = given;
      run(evaluateAgainAndAgain(given));
      for (const delivery of waiting.splice(0)) beginDelivery(given, delivery);
    },

    async enqueue(deliveries) {
      for (const delivery of deliveries) {
        const id = deliveryJobId(delivery);
        if (taken.has(id)) continue;
        remember(id);
        if (handlers === undefined) waiting.push(delivery);
        else beginDelivery(handlers, delivery);
      }
    },

    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}

function failedAttempt(error: unknown): DeliveryOutcome {
  return { kind: 'retry', reason: messageOf(error) };
}
