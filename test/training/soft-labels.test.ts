import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseSoftLabels, readSoftLabels } from '../../src/training/soft-labels.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HEADER = 'negative\tneutral\tpositive';

describe('soft labels', () => {
  it('are three logits a row, or nothing', () => {
    expect(parseSoftLabels(`${HEADER}\n1.5\t0\t-1.5\n\n-2\t1\t1\n`, 'a.tsv')).toEqual([
      [1.5, 0, -1.5],
      undefined,
      [-2, 1, 1],
    ]);
  });

  it('keep the empty line of a last row', () => {
    expect(parseSoftLabels(`${HEADER}\n1\t2\t3\n\n`, 'a.tsv')).toEqual([[1, 2, 3], undefined]);
  });

  it('may be compressed', async () => {
    const file = join(temporaryFolder(), 'soft.tsv.gz');
    writeFileSync(file, gzipSync(`${HEADER}\n1\t2\t3\n`));
    expect(await readSoftLabels(file)).toEqual([[1, 2, 3]]);
  });

  it.each([
    ['another header', 'positive\tneutral\tnegative\n1\t2\t3\n', 'begins with'],
    ['two numbers', `${HEADER}\n1\t2\n`, 'in line 2'],
    ['a word', `${HEADER}\n1\t2\t3\n1\tx\t3\n`, 'in line 3'],
    ['an infinite number', `${HEADER}\n1\tInfinity\t3\n`, 'in line 2'],
  ])('with %s are refused', (_, content, problem) => {
    expect(() => parseSoftLabels(content, 'a.tsv')).toThrow(problem);
  });

  it('that cannot be read are refused', async () => {
    await expect(readSoftLabels('no-such.tsv')).rejects.toMatchObject({ code: 'SF_TRAIN_DATA_INVALID' });
    const file = join(temporaryFolder(), 'soft.tsv.gz');
    writeFileSync(file, 'not compressed');
    await expect(readSoftLabels(file)).rejects.toMatchObject({ code: 'SF_TRAIN_DATA_INVALID' });
  });
});
