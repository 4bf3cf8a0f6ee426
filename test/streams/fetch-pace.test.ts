import { beforeEach, describe, expect, it } from 'vitest';
import { FetchPace } from '../../src/streams/kafka/fetch-pace.js';

describe('the pace of fetches', () => {
  let time = 0;
  let waited: number[] = [];
  const pace = (intervalMillis: number) =>
    new FetchPace({
      intervalMillis,
      enough: 500,
      now: () => time,
      wait: async (millis) => {
        waited.push(millis);
        time += millis;
      },
    });

  beforeEach(() => {
    time = 1_000;
    waited = [];
  });

  it('lets what is left of the interval pass after a fetch that brought little', async () => {
    const paced = pace(10);
    paced.noteFetch();
    time += 3;
    await paced.next(7);
    expect(waited).toEqual([7]);
  });

  it('waits no longer for many partitions of a fetch than for one', async () => {
    const paced = pace(10);
    paced.noteFetch();
    await paced.next(7);
    await paced.next(2);
    expect(waited).toEqual([10]);
  });

  it('does not wait after a fetch that brought much: there may be more', async () => {
    const paced = pace(10);
    paced.noteFetch();
    await paced.next(500);
    expect(waited).toEqual([]);
  });

  it('does not wait where handing on took longer than the interval', async () => {
    const paced = pace(10);
    paced.noteFetch();
    time += 10;
    await paced.next(7);
    expect(waited).toEqual([]);
  });

  it('never waits with an interval of 0', async () => {
    const paced = pace(0);
    paced.noteFetch();
    await paced.next(1);
    expect(waited).toEqual([]);
  });
});
