import { describe, expect, it } from 'vitest';
import { remembering } from '../../src/aggregation/remembering.js';

/** A function that tells how often it was asked. */
function counting(most: number) {
  let asked = 0;
  const lengthOf = remembering(most, (text) => {
    asked += 1;
    return text.length;
  });
  return { lengthOf, asked: () => asked };
}

describe('answers that are remembered', () => {
  it('are asked for once', () => {
    const { lengthOf, asked } = counting(10);
    for (const text of ['en', 'zho', 'en', 'en']) expect(lengthOf(text)).toBe(text.length);
    expect(asked()).toBe(2);
  });

  it('are let go when there are too many, however many come', () => {
    const { lengthOf, asked } = counting(2);
    for (const text of ['a', 'b', 'c', 'a', 'a']) lengthOf(text);
    expect(asked()).toBe(4);
  });

  it('are not kept for long texts', () => {
    const { lengthOf, asked } = counting(10);
    for (const _ of [1, 2]) expect(lengthOf('x'.repeat(257))).toBe(257);
    expect(asked()).toBe(2);
  });
});
