import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Vocabulary } from '../../src/model/vocabulary.js';
import { readInitialEmbedding } from '../../src/training/initial-embedding.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const vocabulary = new Vocabulary(['<pad>', '<unk>', 'good', 'bad']);

function write(header: unknown, values: readonly number[], name = 'embedding.i8'): string {
  const file = join(temporaryFolder(), name);
  const bytes = Buffer.concat([
    Buffer.from(`${JSON.stringify(header)}\n`),
    Buffer.from(Int8Array.from(values).buffer),
  ]);
  writeFileSync(file, name.endsWith('.gz') ? gzipSync(bytes) : bytes);
  return file;
}

describe('readInitialEmbedding', () => {
  it.each(['embedding.i8', 'embedding.i8.gz'])(
    'fills the rows of the pieces that it knows: %s',
    async (name) => {
      const file = write(
        { width: 2, scale: 0.5, pieces: ['bad', '坏', 'good'] },
        [1, -2, 9, 9, 127, -127],
        name,
      );
      const embedding = new Float32Array(8).fill(7);
      expect(await readInitialEmbedding(file, vocabulary, 2, embedding)).toBe(2);
      expect([...embedding]).toEqual([7, 7, 7, 7, 63.5, -63.5, 0.5, -1]);
    },
  );

  it.each([
    ['of another width', () => write({ width: 3, scale: 1, pieces: ['bad'] }, [1, 2, 3]), /rows of 3/],
    [
      'that is cut short',
      () => write({ width: 2, scale: 1, pieces: ['bad', 'good'] }, [1, 2, 3]),
      /cut short/,
    ],
    ['without a header', () => write('none', []), /no initial embedding/],
    ['that is not there', () => 'nowhere.i8', /cannot read/],
  ])('refuses a file %s', async (_, fileOf, problem) => {
    await expect(readInitialEmbedding(fileOf(), vocabulary, 2, new Float32Array(8))).rejects.toMatchObject({
      code: 'SF_TRAIN_DATA_INVALID',
      message: expect.stringMatching(problem),
    });
  });
});
