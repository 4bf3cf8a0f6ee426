import { describe, expect, it } from 'vitest';
import { epochMillis } from '../../src/contracts/ids.js';
import { outputRecordsOf } from '../../src/contracts/output-batch.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { type Assignment, Assignments, type Deliver } from '../../src/streams/assignment.js';
import type { Settlement } from '../../src/streams/port.js';

const settled = async () => 'settled' as const;

function assigned(assignments = new Assignments()): Assignment {
  const [assignment] = assignments.renew([0]);
  if (assignment === undefined) throw new Error('no assignment');
  assignment.beginAt(0);
  return assignment;
}

const output = (value: string) => ({ topic: 'results', key: null, value: Buffer.from(value) });

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
    await assignment.settle(first, [], settled);
    expect(assignment.position).toBe(3);
    await assignment.settle(second, [], settled);
    expect([assignment.position, assignment.isIdle]).toEqual([6, true]);
  });

  it('delivers together what waits for the delivery before', async () => {
    const assignment = assigned();
    const batches = [0, 3, 6, 9].map((offset) => batchAt(offset, assignment));
    for (const batch of batches) assignment.add(batch);
    const deliveries: Array<readonly [values: string, nextOffset: number]> = [];
    let finish = () => {};
    const deliver: Deliver = async (outputs, nextOffset) => {
      deliveries.push([[...outputRecordsOf(outputs)].map(({ value }) => String(value)).join(), nextOffset]);
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      return 'settled';
    };
    const settlements: Array<Promise<Settlement>> = [];
    for (const [i, batch] of batches.entries()) {
      settlements.push(assignment.settle(batch, [output(`result ${i}`)], deliver));
      await new Promise(setImmediate);
    }
    finish();
    await settlements[0];
    expect(assignment.position).toBe(3);
    await new Promise(setImmediate);
    finish();
    expect(await Promise.all(settlements)).toEqual(batches.map(() => 'settled'));
    expect(deliveries).toEqual([
      ['result 0', 3],
      ['result 1,result 2,result 3', 12],
    ]);
    expect(assignment.isIdle).toBe(true);
  });

  it('begins the next delivery once the one before passes on, and a later position stands for those before it', async () => {
    const assignment = assigned();
    const batches = [0, 3].map((offset) => batchAt(offset, assignment));
    for (const batch of batches) assignment.add(batch);
    const finish: Array<() => void> = [];
    const begun: number[] = [];
    const deliver: Deliver = async (_outputs, nextOffset, _onSent, passOn) => {
      begun.push(nextOffset);
      passOn();
      await new Promise<void>((resolve) => finish.push(resolve));
      return 'settled';
    };
    const settlements = batches.map((batch) => assignment.settle(batch, [], deliver));
    await new Promise(setImmediate);
    expect(begun).toEqual([6]);

    const more = [6, 9].map((offset) => batchAt(offset, assignment));
    for (const batch of more) {
      assignment.add(batch);
      settlements.push(assignment.settle(batch, [], deliver));
      await new Promise(setImmediate);
    }
    expect([begun, assignment.position]).toEqual([[6, 9, 12], 0]);

    finish[1]?.();
    await settlements[2];
    expect(assignment.position).toBe(9);
    finish[0]?.();
    expect(await Promise.all(settlements.slice(0, 2))).toEqual(['settled', 'settled']);
    expect([assignment.position, assignment.isIdle]).toEqual([9, false]);
    const idle = assignment.idle();
    finish[2]?.();
    await idle;
    expect([assignment.position, assignment.isIdle]).toEqual([12, true]);
  });

  it('delivers a batch again whose delivery failed after it had passed on', async () => {
    const assignment = assigned();
    const batch = batchAt(0, assignment);
    assignment.add(batch);
    const failing: Deliver = async (_outputs, _nextOffset, _onSent, passOn) => {
      passOn();
      throw new Error('no coordinator');
    };
    await expect(assignment.settle(batch, [], failing)).rejects.toThrow('no coordinator');
    expect(await assignment.settle(batch, [], settled)).toBe('settled');
    expect(assignment.isIdle).toBe(true);
  });

  it('passes over offsets without records, by themselves or behind the batches before them', async () => {
    const assignment = assigned();
    const positions: number[] = [];
    const deliver = async (_outputs: unknown, nextOffset: number) => {
      positions.push(nextOffset);
      return 'settled' as const;
    };
    await assignment.passOver(2, deliver);
    const batch = batchAt(2, assignment);
    assignment.add(batch);
    await assignment.passOver(7, deliver);
    expect([positions, assignment.position, assignment.nextOffset]).toEqual([[2], 2, 7]);
    await assignment.settle(batch, [], deliver);
    expect([positions, assignment.position, assignment.isIdle]).toEqual([[2, 7], 7, true]);
  });

  it('does not let a batch overtake one that could not be delivered, which may be tried again', async () => {
    const assignment = assigned();
    const [first, second] = [batchAt(0, assignment), batchAt(3, assignment)];
    assignment.add(first);
    assignment.add(second);
    const failing = assignment.settle(first, [], async () => {
      throw new Error('the broker is away');
    });
    // The delivery of the first is under way.
    await Promise.resolve();
    const behind = assignment.settle(second, [], settled);
    await expect(failing).rejects.toThrow('the broker is away');
    await expect(behind).rejects.toThrow('cannot be settled before');
    expect(assignment.position).toBe(0);
    expect(await assignment.settle(first, [], settled)).toBe('settled');
    expect(await assignment.settle(second, [], settled)).toBe('settled');
  });

  it('is full at its records or its bytes', () => {
    const assignment = assigned();
    assignment.add(batchAt(0, assignment));
    expect(assignment.isFull({ records: 3, bytes: 1_000 })).toBe(true);
    expect(assignment.isFull({ records: 100, bytes: 30 })).toBe(true);
    expect(assignment.isFull({ records: 4, bytes: 31 })).toBe(false);
  });

  it('that is replaced leaves those of other partitions as they are', () => {
    const assignments = new Assignments();
    const [first, second] = assignments.renew([0, 1]);
    if (first === undefined || second === undefined) throw new Error('no assignments');
    const next = assignments.replace(first);
    expect([first.ended, second.ended, next.ended]).toEqual([true, false, false]);
    expect(next.epoch).toBeGreaterThan(first.epoch);
    expect(assignments.all()).toEqual([next, second]);
  });

  it('that is over drops what was read under it, and has a smaller number than the next', async () => {
    const assignments = new Assignments();
    const old = assigned(assignments);
    const batch = batchAt(0, old);
    old.add(batch);
    const next = assigned(assignments);
    expect(next.epoch).toBeGreaterThan(old.epoch);
    expect(assignments.of(batch)).toBeUndefined();
    expect(await old.settle(batch, [], settled)).toBe('dropped');
  });
});
