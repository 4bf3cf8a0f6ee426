import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { type Assignment, Assignments } from '../../src/streams/assignment.js';

const settled = async () => 'settled' as const;

function assigned(assignments = new Assignments()): Assignment {
  const [assignment] = assignments.renew([0]);
  if (assignment === undefined) throw new Error('no assignment');
  assignment.beginAt(0);
  return assignment;
}

/** A batch of three records of ten bytes. */
function batchAt(offset: number, { epoch }: Assignment): RecordBatch {
  const records = [0, 1, 2].map((i) => ({
    topic: 'posts',
    partition: 0,
    offset: offset + i,
    timestamp: epochMillis(0),
    key: null,
    value: Buffer.alloc(10),
  }));
  return packRecords(records, epoch);
}

describe('an assignment', () => {
  it('moves its position batch by batch, and is at what was read when nothing is in flight', async () => {
    const assignment = assigned();
    const [first, second] = [batchAt(0, assignment), batchAt(3, assignment)];
    assignment.add(first);
    assignment.add(second);
    expect(assignment.position).toBe(0);
    await assignment.settle(first, settled);
    expect(assignment.position).toBe(3);
    await assignment.settle(second, settled);
    expect([assignment.position, assignment.isIdle]).toEqual([6, true]);
  });

  it('runs deliveries one after the other, whoever is faster', async () => {
    const assignment = assigned();
    const [first, second] = [batchAt(0, assignment), batchAt(3, assignment)];
    assignment.add(first);
    assignment.add(second);
    const order: string[] = [];
    let finishFirst = () => {};
    const both = [
      assignment.settle(first, async () => {
        await new Promise<void>((resolve) => {
          finishFirst = resolve;
        });
        order.push('first');
        return 'settled';
      }),
      assignment.settle(second, async () => {
        order.push('second');
        return 'settled';
      }),
    ];
    await new Promise(setImmediate);
    finishFirst();
    await Promise.all(both);
    expect(order).toEqual(['first', 'second']);
  });

  it('does not let a batch overtake one that could not be delivered, which may be tried again', async () => {
    const assignment = assigned();
    const [first, second] = [batchAt(0, assignment), batchAt(3, assignment)];
    assignment.add(first);
    assignment.add(second);
    const failing = assignment.settle(first, async () => {
      throw new Error('the broker is away');
    });
    const behind = assignment.settle(second, settled);
    await expect(failing).rejects.toThrow('the broker is away');
    await expect(behind).rejects.toThrow('cannot be settled before');
    expect(assignment.position).toBe(0);
    expect(await assignment.settle(first, settled)).toBe('settled');
    expect(await assignment.settle(second, settled)).toBe('settled');
  });

  it('is full at its records or its bytes', () => {
    const assignment = assigned();
    assignment.add(batchAt(0, assignment));
    expect(assignment.isFull({ records: 3, bytes: 1_000 })).toBe(true);
    expect(assignment.isFull({ records: 100, bytes: 30 })).toBe(true);
    expect(assignment.isFull({ records: 4, bytes: 31 })).toBe(false);
  });

  it('that is over drops what was read under it, and has a smaller number than the next', async () => {
    const assignments = new Assignments();
    const old = assigned(assignments);
    const batch = batchAt(0, old);
    old.add(batch);
    const next = assigned(assignments);
    expect(next.epoch).toBeGreaterThan(old.epoch);
    expect(assignments.of(batch)).toBeUndefined();
    expect(await old.settle(batch, settled)).toBe('dropped');
  });
});
