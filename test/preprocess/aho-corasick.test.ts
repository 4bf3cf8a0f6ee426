import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAutomaton } from '../../src/preprocess/aho-corasick.js';

function occurrences(patterns: readonly string[], text: string): string[] {
  const found: string[] = [];
  createAutomaton(patterns).scan(text, (pattern, end) => found.push(`${patterns[pattern]}@${end}`));
  return found;
}

describe('an automaton', () => {
  it('finds patterns within, across and at the end of each other', () => {
    expect(occurrences(['he', 'she', 'his', 'hers'], 'ushers')).toEqual(['she@4', 'he@4', 'hers@6']);
  });

  it('finds overlapping occurrences of one pattern', () => {
    expect(occurrences(['aa'], 'aaaa')).toEqual(['aa@2', 'aa@3', 'aa@4']);
  });

  it('works on code units of any script, surrogates included', () => {
    expect(occurrences(['手机', '😍', 'नोवा'], '新手机😍 नोवा')).toEqual(['手机@3', '😍@5', 'नोवा@10']);
  });

  it('finds nothing without patterns, or in an empty text', () => {
    expect(occurrences([], 'anything')).toEqual([]);
    expect(occurrences(['a'], '')).toEqual([]);
  });

  it('finds what a plain search finds, in the same order', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '好', '\ud800'), maxLength: 30 });
    const patterns = fc.uniqueArray(
      letters.filter((pattern) => pattern !== ''),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(patterns, letters, (all, text) => {
        const expected: string[] = [];
        for (let end = 1; end <= text.length; end += 1) {
          const ended = all.filter((pattern) => text.slice(0, end).endsWith(pattern));
          ended.sort((one, other) => other.length - one.length);
          expected.push(...ended.map((pattern) => `${pattern}@${end}`));
        }
        expect(occurrences(all, text)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('reads a text made to fall back at every unit in linear time', () => {
    const patterns = Array.from({ length: 200 }, (_, i) => `${'a'.repeat(i + 1)}b`);
    expect(occurrences(patterns, 'a'.repeat(500_000))).toEqual([]);
  });
});
