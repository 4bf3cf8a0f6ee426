import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../../src/training/checkpoint.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const checkpoint: Checkpoint = {
  fingerprint: { seed: '1' },
  step: 12,
  epoch: 2,
  batches: 3,
  order: 2 ** 32 - 1,
  dropout: 7,
  variables: [Float32Array.of(0.1, -2), new Float32Array(), Float32Array.of(1e-30)],
};

describe('a checkpoint', () => {
  it('is read as it was written', async () => {
    const file = join(temporaryFolder(), '.checkpoint');
    await writeCheckpoint(file, checkpoint);
    expect(await readCheckpoint(file)).toEqual(checkpoint);
  });

  it('replaces the one before', async () => {
    const file = join(temporaryFolder(), '.checkpoint');
    await writeCheckpoint(file, checkpoint);
    await writeCheckpoint(file, { ...checkpoint, step: 13 });
    expect(await readCheckpoint(file)).toMatchObject({ step: 13 });
  });

  it('is undefined where there is none', async () => {
    expect(await readCheckpoint(join(temporaryFolder(), '.checkpoint'))).toBeUndefined();
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -4), /is cut short/],
    ['empty', () => Buffer.alloc(0), /is no checkpoint/],
    ['something else', () => Buffer.from('{"format":2}\n'), /is no checkpoint of this version/],
  ])('is refused where it is %s', async (_, spoil, problem) => {
    const file = join(temporaryFolder(), '.checkpoint');
    await writeCheckpoint(file, checkpoint);
    writeFileSync(file, spoil(readFileSync(file)));
    await expect(readCheckpoint(file)).rejects.toMatchObject({
      code: 'SF_TRAIN_CHECKPOINT_MISMATCH',
      message: expect.stringMatching(problem),
    });
  });
});
