import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { writeTokenTable } from './feed.js';

describe('the token table', () => {
  it('gives back the tokens of each post, as the peers read it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sentiflux-tokens-'));
    try {
      fc.assert(
        fc.property(
          fc.array(fc.int32Array({ min: 1, max: 39_999, minLength: 1, maxLength: 256 }), { maxLength: 20 }),
          (posts) => {
            writeTokenTable(folder, posts);
            const offsets = readInt32(join(folder, 'offsets.i32'));
            const tokens = readInt32(join(folder, 'tokens.i32'));
            const read = posts.map((_, i) => tokens.slice(offsets[i], offsets[i + 1]));
            expect(read).toEqual(posts);
            expect(offsets.at(-1)).toBe(tokens.length);
          },
        ),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

function readInt32(file: string): Int32Array {
  const bytes = readFileSync(file);
  return Int32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32LE(4 * i));
}
