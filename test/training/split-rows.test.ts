import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LABELS } from '../../src/contracts/labels.js';
import { createRandom } from '../../src/training/random.js';
import { splitRows } from '../../src/training/split-rows.js';

const rows = fc
  .array(fc.constantFrom(...LABELS), { maxLength: 60 })
  .map((labels) => labels.map((label) => ({ label })));

describe('splitRows', () => {
  it('takes the share of each label, and leaves the rest in order', () => {
    fc.assert(
      fc.property(rows, fc.integer(), (all, seed) => {
        const { taken, left } = splitRows(all, 0.2, createRandom(seed));
        expect(new Set([...taken, ...left])).toEqual(new Set(all));
        expect(taken.length + left.length).toBe(all.length);
        expect(left).toEqual(all.filter((row) => left.includes(row)));
        for (const label of LABELS) {
          const [own, of] = [taken, all].map((list) => list.filter((row) => row.label === label).length);
          expect(own).toBe(of === 0 ? 0 : Math.max(1, Math.round(0.2 * (of ?? 0))));
        }
      }),
    );
  });

  it('takes the same ones for a seed', () => {
    const all = Array.from({ length: 50 }, (_, id) => ({ id, label: 'neutral' as const }));
    const taken = (seed: number) => splitRows(all, 0.2, createRandom(seed)).taken;
    expect(taken(1)).toEqual(taken(1));
    expect(taken(1)).not.toEqual(taken(2));
  });
});
