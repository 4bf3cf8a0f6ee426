import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorOf } from '../../contracts/errors.js';
import { epochMillis } from '../../contracts/ids.js';
import type { Output } from '../../contracts/output-batch.js';
import { packRecords } from '../../contracts/record-batch.js';
import { type Assignment, Assignments, type Deliver } from '../assignment.js';
import type { ConsumeOptions, Consumption } from '../port.js';
import type { Group, Member } from './group.js';
import type { LogStore } from './log-store.js';
import { Signal } from './signal.js';

interface Environment {
  readonly log: LogStore;
  readonly group: Group;
  /** Notified when this process has written something. */
  readonly appended: Signal;
  readonly write: (outputs: readonly Output[]) => Promise<void>;
}

/** Joins the group and reads each partition of its share in a loop of its own. */
export function startConsuming(options: ConsumeOptions, environment: Environment): Consumption {
  const { topic } = options;
  const { log, group, appended, write } = environment;
  const assignments = new Assignments();
  /** Notified when something else than new records may let a loop go on: an assignment or a settlement. */
  const changed = new Signal();
  const loops = new Set<Promise<void>>();
  let paused = false;

  const member: Member = {
    assign(partitions) {
      options.onAssigned?.(partitions);
      for (const assignment of assignments.renew(partitions)) begin(assignment);
      changed.notify();
      appended.notify();
    },
  };

  function begin(assignment: Assignment): void {
    const loop = read(assignment).catch((error: unknown) => {
      options.onFailure(errorOf(error));
    });
    loops.add(loop);
    loop.finally(() => loops.delete(loop));
  }

  async function startOf(partition: number): Promise<number> {
    const stored = await options.positionOf?.(partition);
    const committed = stored ?? log.committed(options.group, topic, partition);
    if (committed !== undefined) return committed;
    const { start, end } = await log.range(topic, partition);
    return options.from === 'latest' ? end : start;
  }

  async function read(assignment: Assignment): Promise<void> {
    const { partition, epoch } = assignment;
    assignment.beginAt(await startOf(partition));
    for (;;) {
      // Batches come one a turn of the event loop, the first after `consume` has returned.
      await nextTurn();
      const seen = { changed: changed.notified, appended: appended.notified };
      if (assignment.ended) return;
      if (paused || assignment.isFull(options.maxInFlight)) {
        await changed.wait(seen.changed);
        continue;
      }
      const { start, end } = await log.range(topic, partition);
      const from = Math.max(assignment.nextOffset, start);
      if (from > assignment.nextOffset) options.onGap?.({ partition, from: assignment.nextOffset, to: from });
      assignment.nextOffset = from;
      if (from >= end) {
        // Written by this process, or found in the file of another one.
        await appended.wait(seen.appended, log.pollMillis);
        continue;
      }
      const started = { at: epochMillis(Date.now()), on: performance.now() };
      const records = await log.read(topic, partition, from, options.maxBatchRecords);
      if (assignment.ended || paused || records.length === 0) continue;
      options.onPoll?.({ startedAt: started.at, millis: performance.now() - started.on });
      const batch = packRecords(
        records.map((record, i) => ({ ...record, topic, partition, offset: from + i })),
        epoch,
      );
      assignment.add(batch);
      options.onBatch(batch);
    }
  }

  group.join(member);

  return {
    async settle(batch, outputs, onSent) {
      const assignment = assignments.of(batch);
      if (assignment === undefined) return 'dropped';
      const deliver: Deliver = async (delivered, nextOffset, sent) => {
        await write(delivered);
        sent();
        if (assignment.ended) return 'dropped';
        if (options.from === 'earliest') await log.commit(options.group, topic, batch.partition, nextOffset);
        return 'settled';
      };
      const settlement = await assignment.settle(batch, outputs, deliver, onSent);
      changed.notify();
      return settlement;
    },
    readAgain(partition) {
      const assignment = assignments.get(partition);
      if (assignment === undefined) return;
      begin(assignments.replace(assignment));
      changed.notify();
      appended.notify();
    },
    assigned: () => assignments.all().map(({ partition }) => partition),
    async lag() {
      const lags = new Map<number, number>();
      for (const assignment of assignments.all()) {
        await assignment.begun;
        const { start, end } = await log.range(topic, assignment.partition);
        lags.set(assignment.partition, end - Math.max(start, assignment.position));
      }
      return lags;
    },
    pause() {
      paused = true;
    },
    async close() {
      paused = true;
      await Promise.all(assignments.all().map((assignment) => assignment.idle()));
      group.leave(member);
      await Promise.all(loops);
    },
  };
}
