import { execFileSync } from 'node:child_process';
import { readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBundle } from '../../src/model/bundle.js';
import { sha256 } from '../../src/model/bundle-files.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const bundle = randomBundle({ seed: 5, pieces: ['good', '##ly', '坏'] });

function writtenBundle(changed = bundle): Promise<string> {
  return writeTestBundle(join(temporaryFolder(), 'model'), changed);
}

async function changeManifest(
  directory: string,
  change: (manifest: Record<string, Record<string, unknown>>) => object,
): Promise<void> {
  const path = join(directory, 'manifest.json');
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
}

/** A written bundle whose manifest names another file as its vocabulary. */
async function bundleNaming(file: string): Promise<string> {
  const directory = await writtenBundle();
  await changeManifest(directory, (manifest) => ({
    ...manifest,
    vocabulary: { ...manifest.vocabulary, file },
  }));
  return directory;
}

describe('a model bundle', () => {
  it('is read as it was written', async () => {
    const { manifest, vocabulary, weights } = await loadBundle(await writtenBundle());
    expect(manifest).toMatchObject({ format: 1, version: 'random-5', languages: ['en'] });
    expect(vocabulary.pieces).toEqual(['[PAD]', '[UNK]', 'good', '##ly', '坏']);
    expect(vocabulary.idOf('##ly')).toBe(3);
    expect(weights).toEqual(bundle.weights);
  });

  it('shares its numbers with the threads that it is sent to', async () => {
    const { weights, quantised } = await loadBundle(await writtenBundle());
    expect(weights.embedding.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(quantised?.['forward/input'].values.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('may be named by a link', async () => {
    const link = join(temporaryFolder(), 'current');
    await symlink(await writtenBundle(), link);
    expect((await loadBundle(link)).manifest.version).toBe('random-5');
  });
});

describe('a bundle is refused', () => {
  it('where the directory is missing', async () => {
    await expect(loadBundle(join(temporaryFolder(), 'none'))).rejects.toMatchObject({
      code: 'SF_MODEL_UNREADABLE',
    });
  });

  it.each(['manifest.json', 'vocabulary.txt', 'weights.f32', 'weights.int8'])(
    'where %s has not been copied',
    async (file) => {
      const directory = await writtenBundle();
      await rm(join(directory, file));
      await expect(loadBundle(directory)).rejects.toMatchObject({
        code: 'SF_MODEL_UNREADABLE',
        message: expect.stringContaining(file),
      });
    },
  );

  it.each([
    ['manifest.json', 'manifest.json'],
    ['vocabulary.txt', 'vocabulary.txt is not the file'],
    ['weights.f32', 'weights.f32 is not the file'],
    ['weights.int8', 'weights.int8 is not the file'],
  ])('when %s is cut off', async (file, message) => {
    const directory = await writtenBundle();
    const { length } = await readFile(join(directory, file));
    await truncate(join(directory, file), length - 8);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it('when one of its weights is another by one bit', async () => {
    const directory = await writtenBundle();
    const path = join(directory, 'weights.f32');
    const bytes = await readFile(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('its SHA-256 differs'),
    });
  });

  it('when its files come from two bundles', async () => {
    const directory = await writtenBundle();
    const other = await writtenBundle(randomBundle({ seed: 6, pieces: ['good', '##ly', '坏'] }));
    await rename(join(other, 'weights.f32'), join(directory, 'weights.f32'));
    await expect(loadBundle(directory)).rejects.toMatchObject({ code: 'SF_MODEL_INVALID' });
  });

  it('when its sizes do not fit its tensors', async () => {
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

  it('when its vocabulary has another size than its manifest says', async () => {
    const directory = await writtenBundle();
    await changeManifest(directory, (manifest) => ({
      ...manifest,
      vocabulary: { ...manifest.vocabulary, size: 6 },
    }));
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('the vocabulary has 5 entries, the manifest says 6'),
    });
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('when one of its weights is %d', async (value) => {
    const attention = bundle.weights.attention.slice();
    attention[3] = value;
    const directory = await writtenBundle({ ...bundle, weights: { ...bundle.weights, attention } });
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('tensor attention holds a number that is not finite'),
    });
  });

  it.each([
    ['a tensor', { weights: { tensors: [] } }, 'tensor embedding has shape [missing]'],
    ['an int8 matrix', { quantised: { matrices: [] } }, 'matrix forward/input has shape [missing]'],
    ['a known format', { format: 2 }, 'format'],
    ['a known architecture', { architecture: { kind: 'transformer' } }, 'architecture.kind'],
  ])('without %s', async (_, change, message) => {
    const directory = await writtenBundle();
    await changeManifest(directory, (manifest) => ({
      ...manifest,
      ...Object.fromEntries(
        Object.entries(change).map(([name, part]) => [
          name,
          typeof part === 'object' ? { ...manifest[name], ...part } : part,
        ]),
      ),
    }));
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it.each([
    '../vocabulary.txt',
    '/etc/hostname',
    'folder/vocabulary.txt',
    '..\\vocabulary.txt',
    'vocabulary.txt\u0000',
    '',
  ])('when its manifest names a file outside of it: %j', async (file) => {
    const directory = await bundleNaming(file);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('a file name within the bundle'),
    });
  });

  it.each(['.', '..'])('when its manifest names a folder: %s', async (file) => {
    const directory = await bundleNaming(file);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining(`${file} is not a file`),
    });
  });

  it('when one of its files is a pipe, without waiting for a writer', async () => {
    const directory = await writtenBundle();
    await rm(join(directory, 'weights.f32'));
    execFileSync('mkfifo', [join(directory, 'weights.f32')]);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('weights.f32 is not a file'),
    });
  });

  it('when one of its files is larger than any model, without reading it', async () => {
    const directory = await writtenBundle();
    // A hole in the file: it takes no place.
    await truncate(join(directory, 'weights.f32'), 1024 ** 3 + 1);
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('weights.f32 has 1073741825 bytes'),
    });
  });

  it('when a quantised matrix lies outside its file', async () => {
    const directory = await writtenBundle();
    const path = join(directory, 'weights.int8');
    const bytes = (await readFile(path)).subarray(0, -1);
    await writeFile(path, bytes);
    await changeManifest(directory, (manifest) => ({
      ...manifest,
      quantised: { ...manifest.quantised, sha256: sha256(bytes) },
    }));
    await expect(loadBundle(directory)).rejects.toMatchObject({
      code: 'SF_MODEL_INVALID',
      message: expect.stringContaining('matrix backward/recurrent lies outside its file'),
    });
  });
});
