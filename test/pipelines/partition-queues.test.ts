import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { PartitionQueues } from '../../src/pipelines/partition-queues.js';

function batch(partition: number, offset = 0): RecordBatch {
  const record = {
    topic: 'posts',
    partition,
    offset,
    timestamp: epochMillis(0),
    key: null,
    value: Buffer.from('x'),
  };
  return packRecords([record], assignmentEpoch(1));
}

/** A promise that the test opens. */
function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((open) => {
    resolve = open;
  });
  return { promise, resolve };
}

describe('the queues of the partitions', () => {
  it('run the steps of one partition one after the other', async () => {
    const queues = new PartitionQueues(() => {});
    const log: string[] = [];
    const first = gate();
    queues.add(batch(0, 0), async () => {
      await first.promise;
      log.push('first');
    });
    queues.add(batch(0, 1), async () => {
      log.push('second');
    });
    first.resolve();
    await queues.idle();
    expect(log).toEqual(['first', 'second']);
  });

  it('let the next one begin when a step passes its turn on', async () => {
    const queues = new PartitionQueues(() => {});
    const first = gate();
    queues.add(batch(0, 0), async (passOn) => {
      passOn();
      await first.promise;
    });
    await new Promise<void>((resolve) => queues.add(batch(0, 1), async () => resolve()));
    let idle = false;
    const becomesIdle = queues.idle().then(() => {
      idle = true;
    });
    await new Promise(setImmediate);
    expect(idle).toBe(false);
    first.resolve();
    await becomesIdle;
  });

  it('let partitions pass each other', async () => {
    const queues = new PartitionQueues(() => {});
    const slow = gate();
    queues.add(batch(0), () => slow.promise);
    const passed = new Promise<void>((resolve) => queues.add(batch(1), async () => resolve()));
    await passed;
    slow.resolve();
    await queues.idle();
  });

  it('report a failure once and run nothing of the partition after it', async () => {
    const failures: string[] = [];
    const queues = new PartitionQueues((error) => failures.push(error.message));
    let ranOn = false;
    queues.add(batch(0, 0), async () => {
      throw new Error('the disk is full');
    });
    queues.add(batch(0, 1), async () => {
      ranOn = true;
    });
    const unhandled: unknown[] = [];
    const onUnhandled = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', onUnhandled);
    await nextTurn();
    process.off('unhandledRejection', onUnhandled);
    await queues.idle();
    expect(failures).toEqual(['the disk is full']);
    expect(ranOn).toBe(false);
    // One would end the process before it could finish what other partitions have begun.
    expect(unhandled).toEqual([]);
  });
});
