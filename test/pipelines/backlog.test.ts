import { describe, expect, it } from 'vitest';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { Backlog } from '../../src/pipelines/backlog.js';

/** A batch of records that were written a second apart, from as many seconds as its first offset. */
const batch = (partition: number, from: number, length: number) =>
  packRecords(
    Array.from({ length }, (_, i) => ({
      topic: 't',
      partition,
      offset: from + i,
      timestamp: epochMillis(1_000 * (from + i)),
      key: null,
      value: null,
    })),
    assignmentEpoch(1),
  );

describe('a backlog', () => {
  it('counts what came in and is not settled, and knows the oldest of it by partition', () => {
    const backlog = new Backlog();
    const [first, second] = [batch(0, 10, 3), batch(0, 13, 2)];
    for (const each of [first, second, batch(1, 50, 1)]) backlog.add(each);
    expect(backlog.records).toBe(6);
    expect([backlog.oldest(0), backlog.oldest(1), backlog.oldest(2)]).toEqual([10_000, 50_000, undefined]);
    backlog.settle(first);
    expect(backlog.records).toBe(3);
    expect(backlog.oldest(0)).toBe(13_000);
  });

  it('knows the last record that was settled where nothing is left', () => {
    const backlog = new Backlog();
    const only = batch(0, 10, 3);
    backlog.add(only);
    backlog.settle(only);
    expect(backlog.records).toBe(0);
    expect(backlog.oldest(0)).toBe(12_000);
  });

  it('counts once what is handed on again', () => {
    const backlog = new Backlog();
    for (const each of [batch(0, 10, 3), batch(0, 13, 2), batch(0, 10, 3), batch(0, 13, 2)])
      backlog.add(each);
    expect(backlog.records).toBe(5);
  });

  it('is empty after an assignment', () => {
    const backlog = new Backlog();
    backlog.add(batch(0, 10, 3));
    backlog.renew();
    expect([backlog.records, backlog.oldest(0)]).toEqual([0, undefined]);
  });
});
