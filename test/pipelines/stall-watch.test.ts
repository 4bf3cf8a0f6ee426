import { describe, expect, it } from 'vitest';
import { StallWatch } from '../../src/pipelines/stall-watch.js';

const STALL = 60_000;
const lags = (lag: number): ReadonlyMap<number, number> => new Map([[0, lag]]);

describe('a partition whose records wait', () => {
  it('stands still once nothing of it has come for long enough', () => {
    const watch = new StallWatch(STALL);
    expect(watch.look(lags(7), 0)).toEqual([]);
    expect(watch.look(lags(7), STALL - 1)).toEqual([]);
    expect(watch.look(lags(9), STALL)).toEqual([{ partition: 0, lag: 9, millis: STALL }]);
  });

  it('does not while records come', () => {
    const watch = new StallWatch(STALL);
    watch.look(lags(7), 0);
    watch.handedOn(0, STALL - 1);
    watch.settling(0, STALL - 1);
    watch.settled(0, STALL - 1);
    expect(watch.look(lags(7), STALL)).toEqual([]);
    expect(watch.look(lags(7), 2 * STALL - 1)).toMatchObject([{ millis: STALL }]);
  });

  it('does not while the role works on what it has, however long', () => {
    const watch = new StallWatch(STALL);
    watch.handedOn(0, 0);
    expect(watch.look(lags(7), 10 * STALL)).toEqual([]);
    expect(watch.look(lags(7), 20 * STALL)).toEqual([]);
  });

  it('does when a settlement does not end, though the role has more', () => {
    const watch = new StallWatch(STALL);
    watch.handedOn(0, 0);
    watch.handedOn(0, 0);
    watch.settling(0, 1_000);
    expect(watch.look(lags(7), STALL)).toEqual([]);
    expect(watch.look(lags(7), 1_000 + STALL)).toMatchObject([{ partition: 0, millis: STALL }]);
  });

  it('does not when there was nothing to do before', () => {
    const watch = new StallWatch(STALL);
    watch.look(lags(0), 0);
    watch.look(lags(0), 9 * STALL);
    expect(watch.look(lags(1), 10 * STALL - 1)).toEqual([]);
    expect(watch.look(lags(1), 10 * STALL)).toMatchObject([{ millis: STALL }]);
  });

  it('has its time from when it was assigned', () => {
    const watch = new StallWatch(STALL);
    watch.look(lags(7), 0);
    watch.look(new Map(), STALL / 2);
    watch.look(new Map(), STALL);
    expect(watch.look(lags(7), STALL * 1.5)).toEqual([]);
    expect(watch.look(lags(7), STALL * 2)).toHaveLength(1);
  });

  it('stands still though it is assigned anew again and again', () => {
    const watch = new StallWatch(STALL);
    watch.look(lags(7), 0);
    watch.look(new Map(), STALL / 4);
    watch.look(lags(7), STALL / 2);
    expect(watch.look(new Map(), (STALL * 3) / 4)).toEqual([]);
    expect(watch.look(lags(7), STALL)).toHaveLength(1);
  });

  it('has its time anew where nobody could look', () => {
    const watch = new StallWatch(STALL);
    watch.look(lags(7), 0);
    watch.restart(STALL - 1);
    expect(watch.look(lags(7), STALL)).toEqual([]);
    expect(watch.look(lags(7), 2 * STALL - 1)).toHaveLength(1);
  });

  it('is told from one that gets on', () => {
    const watch = new StallWatch(STALL);
    const both = new Map([
      [0, 5],
      [1, 5],
    ]);
    watch.look(both, 0);
    watch.handedOn(1, STALL);
    watch.settling(1, STALL);
    watch.settled(1, STALL);
    expect(watch.look(both, STALL).map(({ partition }) => partition)).toEqual([0]);
  });
});
