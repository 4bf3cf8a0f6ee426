import { describe, expect, it } from 'vitest';
import { count } from '../../src/contracts/count.js';

describe('count', () => {
  it('tells how often each key comes', () => {
    expect([...count(['b', 'a', 'b'])]).toEqual([
      ['b', 2],
      ['a', 1],
    ]);
  });

  it('adds to what was counted before', () => {
    const counts = new Map([['a', 3]]);
    expect([...count(['a', 'c'], counts)]).toEqual([
      ['a', 4],
      ['c', 1],
    ]);
    expect(counts.get('c')).toBe(1);
  });
});
