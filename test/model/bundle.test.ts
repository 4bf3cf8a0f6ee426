import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBundle, writeBundle } from '../../src/model/bundle.js';
import { randomBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const bundle = randomBundle({ seed: 5, pieces: ['good', '##ly', '坏'] });

async function writtenBundle(): Promise<string> {
  const directory = join(temporaryFolder(), 'model');
  const { format: _, vocabulary: __, weights: ___, ...manifest } = bundle.manifest;
  await writeBundle(directory, { ...bundle, manifest });
  return directory;
}

async function changeManifest(directory: string, change: (manifest: Record<string, unknown>) => object) {
  const path = join(directory, 'manifest.json');
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
}

describe('a model bundle', () => {
  it('is read as it was written', async () => {
    const { manifest, vocabulary, weights } = await loadBundle(await writtenBundle());
    expect(manifest).toMatchObject({ format: 1, version: 'random-5', languages: ['en'] });
    expect(vocabulary.pieces).toEqual(['[PAD]', '[UNK]', 'good', '##ly', '坏']);
    expect(vocabulary.idOf('##ly')).toBe(3);
    expect(weights).toEqual(bundle.weights);
  });

  it('is missing where the directory is', async () => {
    await expect(loadBundle(join(temporaryFolder(), 'none'))).rejects.toMatchObject({
      code: 'SF_MODEL_UNREADABLE',
    });
  });

  it.each([
    ['manifest.json', 'manifest.json'],
    ['vocabulary.txt', 'vocabulary.txt is not the file'],
    ['weights.f32', 'weights.f32 is not the file'],
  ])('is refused when %s is cut off', async (file, message) => {
    const directory = await writtenBundle();
    const { length } = await readFile(join(directory, file));
    await truncate(join(directory, file), length - 8);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('is refused when its sizes do not fit its tensors', async () => {
    const directory = await writtenBundle();
    await changeManifest(directory, (manifest) => ({
      ...manifest,
      architecture: { kind: 'bilstm', embedding: 12, hidden: 17 },
    }));
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('tensor forward/kernel has shape [28,64], expected [29,68]'),
    });
  });

  it('is refused when its manifest names a file outside of it', async () => {
    const directory = await writtenBundle();
    const vocabulary = { file: '../vocabulary.txt', sha256: '0'.repeat(64), size: 5 };
    await changeManifest(directory, (manifest) => ({ ...manifest, vocabulary }));
    await expect(loadBundle(directory)).rejects.toMatchObject({ code: 'SF_MODEL_INVALID' });
  });

  it('is refused in a format of another version', async () => {
    const directory = await writtenBundle();
    await changeManifest(directory, (manifest) => ({ ...manifest, format: 2 }));
    await expect(loadBundle(directory)).rejects.toMatchObject({ code: 'SF_MODEL_INVALID' });
  });
});
