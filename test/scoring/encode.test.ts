import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { postId } from '../../src/contracts/ids.js';
import { keyAt, valueAt } from '../../src/contracts/record-batch.js';
import { packOutcomes, type RecordOutcome } from '../../src/scoring/encode.js';

const deleted = (id: string): RecordOutcome => ({ kind: 'deleted', id: postId(id) });
const rejected: RecordOutcome = { kind: 'rejected', code: 'SF_POST_NO_TEXT', message: 'no text' };

function keysOf(packed: ReturnType<typeof packOutcomes>): readonly (string | undefined)[] {
  return Array.from({ length: packed.length }, (_, i) => {
    const key = keyAt(packed, i);
    return key === null ? undefined : Buffer.from(key).toString('utf8');
  });
}

describe('packed outcomes', () => {
  it('have the key of each outcome that has one, in any script', () => {
    const ids = fc.array(fc.option(fc.string({ unit: 'binary', minLength: 1 }), { nil: undefined }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(ids, (all) => {
        const packed = packOutcomes(all.map((id) => (id === undefined ? rejected : deleted(id))));
        expect(keysOf(packed)).toEqual(all);
        expect(packed.bytes.byteLength).toBe(packed.bytes.buffer.byteLength);
        expect(packed.bytes.length).toBe(Buffer.byteLength(all.join('')));
        expect(valueAt(packed, 0)).toBe(null);
      }),
    );
  });

  it('are of a batch alone, whatever comes before and after it', () => {
    const small = packOutcomes([deleted('p1'), rejected, deleted('作品')]);
    const large = packOutcomes(Array.from({ length: 3 }, (_, i) => deleted(`${i}${'😀'.repeat(500_000)}`)));
    expect(keysOf(packOutcomes([deleted('p2')]))).toEqual(['p2']);
    expect(keysOf(small)).toEqual(['p1', undefined, '作品']);
    expect(large.bytes.length).toBe(3 * (1 + 4 * 500_000));
    expect(Buffer.from(large.bytes).toString('utf8').replaceAll('😀', '')).toBe('012');
  });
});
