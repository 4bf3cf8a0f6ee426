import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf } from '../contracts/errors.js';
import {
  type BundleFile,
  type BundleFolder,
  invalidBundle,
  openBundleFolder,
  sha256,
} from './bundle-files.js';
import { type Manifest, manifestSchema } from './manifest.js';
import { packQuantised, type QuantisedLstm, quantiseLstm, sliceQuantised } from './quantise.js';
import { Vocabulary } from './vocabulary.js';
import { packWeights, sliceWeights, type Weights } from './weights.js';

export { TENSOR_NAMES, type TensorName, tensorShapes, type Weights } from './weights.js';

/** A model in memory. What `loadBundle` gives shares its numbers with the threads that it is sent to. */
export interface ModelBundle {
  readonly manifest: Manifest;
  readonly vocabulary: Vocabulary;
  readonly weights: Weights;
  /** Where the bundle holds them; `quantisedLstm` makes them otherwise. */
  readonly quantised?: QuantisedLstm;
}

/**
 * Reads a bundle and checks it against its manifest: checksums, sizes and shapes, and that every weight is a number.
 *
 * @throws SentifluxError SF_MODEL_UNREADABLE when a file cannot be read, SF_MODEL_INVALID when the files do
 *   not belong together
 */
export async function loadBundle(directory: string): Promise<ModelBundle> {
  const folder = await openBundleFolder(directory);
  const manifest = parseManifest(directory, await folder.read('manifest.json'));
  const [vocabularyBytes, weightBytes, quantisedBytes] = await Promise.all([
    readChecked(directory, folder, manifest.vocabulary),
    readChecked(directory, folder, manifest.weights),
    manifest.quantised && readChecked(directory, folder, manifest.quantised),
  ]);
  const vocabulary = Vocabulary.parse(textOf(vocabularyBytes));
  if (vocabulary.size !== manifest.vocabulary.size) {
    throw invalidBundle(
      directory,
      `the vocabulary has ${vocabulary.size} entries, the manifest says ${manifest.vocabulary.size}`,
    );
  }
  const sizes = { ...manifest.architecture, vocabulary: vocabulary.size };
  try {
    const weights = sliceWeights(weightBytes.buffer, manifest.weights.tensors, sizes);
    if (manifest.quantised === undefined || quantisedBytes === undefined) {
      return { manifest, vocabulary, weights };
    }
    const quantised = sliceQuantised(quantisedBytes.buffer, manifest.quantised.matrices, sizes);
    return { manifest, vocabulary, weights, quantised };
  } catch (error) {
    throw invalidBundle(directory, messageOf(error));
  }
}

/** The LSTM's weights in int8: those of the bundle, or made from its float32 weights. */
export function quantisedLstm({ quantised, weights, manifest }: ModelBundle): QuantisedLstm {
  return quantised ?? quantiseLstm(weights, manifest.architecture);
}

/** Writes a bundle so that a reader never takes half of it for one: the manifest comes last, by a rename. */
export async function writeBundle(
  directory: string,
  bundle: { readonly vocabulary: Vocabulary; readonly weights: Weights } & {
    readonly manifest: Omit<Manifest, 'format' | 'vocabulary' | 'weights' | 'quantised'>;
  },
): Promise<Manifest> {
  const { vocabulary, weights } = bundle;
  const sizes = { ...bundle.manifest.architecture, vocabulary: vocabulary.size };
  const vocabularyBytes = Buffer.from(vocabulary.serialise(), 'utf8');
  const { bytes: weightBytes, tensors } = packWeights(weights, sizes);
  const { bytes: quantisedBytes, matrices } = packQuantised(quantiseLstm(weights, sizes), sizes);
  const manifest = {
    format: 1,
    ...bundle.manifest,
    vocabulary: { file: 'vocabulary.txt', sha256: sha256(vocabularyBytes), size: vocabulary.size },
    weights: { file: 'weights.f32', sha256: sha256(weightBytes), tensors },
    quantised: { file: 'weights.int8', sha256: sha256(quantisedBytes), matrices },
  } as const satisfies Manifest;
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, manifest.vocabulary.file), vocabularyBytes);
  await writeFile(join(directory, manifest.weights.file), weightBytes);
  await writeFile(join(directory, manifest.quantised.file), quantisedBytes);
  await writeFile(join(directory, 'manifest.json.new'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(join(directory, 'manifest.json.new'), join(directory, 'manifest.json'));
  return manifest;
}

function parseManifest(directory: string, file: BundleFile): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(textOf(file.bytes)));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw invalidBundle(directory, `manifest.json: ${detail}`);
  }
}

async function readChecked(
  directory: string,
  folder: BundleFolder,
  entry: { readonly file: string; readonly sha256: string },
): Promise<BundleFile['bytes']> {
  const { bytes, sha256 } = await folder.read(entry.file);
  if (sha256 !== entry.sha256) {
    throw invalidBundle(
      directory,
      `${entry.file} is not the file that the manifest describes (its SHA-256 differs)`,
    );
  }
  return bytes;
}

function textOf({ buffer, byteOffset, byteLength }: BundleFile['bytes']): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}
