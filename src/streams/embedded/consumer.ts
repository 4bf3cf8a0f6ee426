import { type AssignmentEpoch, assignmentEpoch } from '../../contracts/ids.js';
import type { OutputRecord } from '../../contracts/record.js';
import { packRecords } from '../../contracts/record-batch.js';
import { createInFlight } from '../in-flight.js';
import type { ConsumeOptions, Consumption } from '../port.js';
import type { Group, Member } from './group.js';
import type { LogStore } from './log-store.js';
import { Signal } from './signal.js';

interface Environment {
  readonly log: LogStore;
  readonly group: Group;
  /** Notified when this process has written something. */
  readonly appended: Signal;
  readonly write: (records: readonly OutputRecord[]) => Promise<void>;
}

/** Joins the group and reads each partition of its share in a loop of its own. */
export async function startConsuming(
  options: ConsumeOptions,
  environment: Environment,
): Promise<Consumption> {
  const { topic } = options;
  const { log, group, appended } = environment;
  const inFlight = createInFlight(options.maxInFlight);
  /** Notified when something else than new records may let a loop go on: an assignment, a settlement, a resumption. */
  const changed = new Signal();
  const loops = new Set<Promise<void>>();
  const settledTo = new Map<number, number>();
  let share: readonly number[] = [];
  let epoch: AssignmentEpoch = assignmentEpoch(0);
  let paused = false;

  const member: Member = {
    assign(partitions, next) {
      share = partitions;
      epoch = next;
      inFlight.clear();
      settledTo.clear();
      for (const partition of partitions) {
        const loop = read(partition, next).catch((error: unknown) => {
          options.onFailure(error instanceof Error ? error : new Error(String(error)));
        });
        loops.add(loop);
        loop.finally(() => loops.delete(loop));
      }
      changed.notify();
      appended.notify();
    },
  };

  async function startOf(partition: number): Promise<number> {
    const stored = await options.positionOf?.(partition);
    const committed = stored ?? log.committed(options.group, topic, partition);
    if (committed !== undefined) return committed;
    const { start, end } = await log.range(topic, partition);
    return options.from === 'latest' ? end : start;
  }

  async function read(partition: number, own: AssignmentEpoch): Promise<void> {
    let position = await startOf(partition);
    if (epoch === own) settledTo.set(partition, position);
    while (epoch === own) {
      if (paused || inFlight.isFull(partition)) {
        await changed.wait();
        continue;
      }
      const { start, end } = await log.range(topic, partition);
      if (position < start) {
        options.onGap?.({ partition, from: position, to: start });
        position = start;
      }
      if (position >= end) {
        // Written by this process, or found in the file of another one.
        await appended.wait(log.pollMillis);
        continue;
      }
      const records = await log.read(topic, partition, position, options.maxBatchRecords);
      if (epoch !== own || paused || records.length === 0) continue;
      const first = position;
      position += records.length;
      const batch = packRecords(
        records.map((record, i) => ({ ...record, topic, partition, offset: first + i })),
        own,
      );
      inFlight.add(batch);
      options.onBatch(batch);
    }
  }

  group.join(member);

  return {
    async settle(batch, outputs) {
      if (batch.assignment !== epoch) return 'dropped';
      await environment.write(outputs);
      if (batch.assignment !== epoch) return 'dropped';
      if (options.from === 'earliest')
        await log.commit(options.group, topic, batch.partition, batch.nextOffset);
      settledTo.set(batch.partition, batch.nextOffset);
      inFlight.remove(batch);
      changed.notify();
      return 'settled';
    },
    assigned: () => share,
    async lag() {
      const lags = new Map<number, number>();
      for (const partition of share) {
        const { end } = await log.range(topic, partition);
        lags.set(partition, end - (settledTo.get(partition) ?? (await startOf(partition))));
      }
      return lags;
    },
    pause() {
      paused = true;
    },
    async close() {
      group.leave(member);
      changed.notify();
      appended.notify();
      await Promise.all(loops);
    },
  };
}
