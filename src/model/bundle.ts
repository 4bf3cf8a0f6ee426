import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { type Manifest, manifestSchema } from './manifest.js';
import { Vocabulary } from './vocabulary.js';

/**
 * The network's weights, as the engines take them. A bidirectional LSTM whose hidden states are pooled
 * twice, by the maximum and by attention:
 *
 *   x = embedding[tokens]                       [time, embedding]
 *   h = [forward LSTM(x), backward LSTM(x)]     [time, 2·hidden]
 *   a = softmax over time of h · attention      [time]
 *   logits = [max over time of h, Σ a·h] · outputKernel + outputBias
 *
 * Gates stand in the order input, cell, forget, output; `kernel` multiplies [x, h] in this order, and the
 * gates are sigmoid (i, f, o) and tanh (c) of `[x, h] · kernel + bias`; no peepholes.
 */
export const TENSOR_NAMES = [
  'embedding', // [vocabulary, embedding]
  'forward/kernel', // [embedding + hidden, 4·hidden]
  'forward/bias', // [4·hidden]
  'backward/kernel', // [embedding + hidden, 4·hidden]
  'backward/bias', // [4·hidden]
  'attention', // [2·hidden]
  'output/kernel', // [4·hidden, 3]
  'output/bias', // [3]
] as const;
export type TensorName = (typeof TENSOR_NAMES)[number];
export type Weights = Readonly<Record<TensorName, Float32Array>>;

export interface ModelBundle {
  readonly manifest: Manifest;
  readonly vocabulary: Vocabulary;
  readonly weights: Weights;
}

/** The shape that each tensor must have, from the manifest's sizes. */
export function tensorShapes(
  sizes: Pick<Manifest['architecture'], 'embedding' | 'hidden'> & { readonly vocabulary: number },
): Readonly<Record<TensorName, readonly number[]>> {
  const { embedding, hidden, vocabulary } = sizes;
  return {
    embedding: [vocabulary, embedding],
    'forward/kernel': [embedding + hidden, 4 * hidden],
    'forward/bias': [4 * hidden],
    'backward/kernel': [embedding + hidden, 4 * hidden],
    'backward/bias': [4 * hidden],
    attention: [2 * hidden],
    'output/kernel': [4 * hidden, 3],
    'output/bias': [3],
  };
}

/**
 * Reads a bundle and checks it against its manifest: sizes, shapes and checksums.
 *
 * @throws SentifluxError SF_MODEL_UNREADABLE when a file cannot be read, SF_MODEL_INVALID when the files do
 *   not belong together
 */
export async function loadBundle(directory: string): Promise<ModelBundle> {
  const manifest = parseManifest(directory, await read(directory, 'manifest.json'));
  const [vocabularyBytes, weightBytes] = await Promise.all([
    readChecked(directory, manifest.vocabulary),
    readChecked(directory, manifest.weights),
  ]);
  const vocabulary = Vocabulary.parse(vocabularyBytes.toString('utf8'));
  if (vocabulary.size !== manifest.vocabulary.size) {
    throw invalid(
      directory,
      `the vocabulary has ${vocabulary.size} entries, the manifest says ${manifest.vocabulary.size}`,
    );
  }
  return { manifest, vocabulary, weights: sliceWeights(directory, manifest, weightBytes) };
}

/** Writes a bundle so that a reader never sees half of it: the manifest comes last, by a rename. */
export async function writeBundle(
  directory: string,
  bundle: { readonly vocabulary: Vocabulary; readonly weights: Weights } & {
    readonly manifest: Omit<Manifest, 'format' | 'vocabulary' | 'weights'>;
  },
): Promise<Manifest> {
  await mkdir(directory, { recursive: true });
  const vocabularyBytes = Buffer.from(bundle.vocabulary.serialise(), 'utf8');
  const shapes = tensorShapes({ ...bundle.manifest.architecture, vocabulary: bundle.vocabulary.size });
  let offset = 0;
  const tensors = TENSOR_NAMES.map((name) => {
    const entry = { name, shape: [...shapes[name]], offset };
    offset += bundle.weights[name].byteLength;
    return entry;
  });
  const weightBytes = Buffer.concat(
    TENSOR_NAMES.map((name) => {
      const values = bundle.weights[name];
      return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    }),
  );
  const manifest: Manifest = {
    format: 1,
    ...bundle.manifest,
    vocabulary: { file: 'vocabulary.txt', sha256: sha256(vocabularyBytes), size: bundle.vocabulary.size },
    weights: { file: 'weights.f32', sha256: sha256(weightBytes), tensors },
  };
  await writeFile(join(directory, manifest.vocabulary.file), vocabularyBytes);
  await writeFile(join(directory, manifest.weights.file), weightBytes);
  await writeFile(join(directory, 'manifest.json.new'), `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(join(directory, 'manifest.json.new'), join(directory, 'manifest.json'));
  return manifest;
}

function parseManifest(directory: string, bytes: Buffer): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw invalid(directory, `manifest.json: ${detail}`);
  }
}

function sliceWeights(directory: string, manifest: Manifest, bytes: Buffer): Weights {
  const shapes = tensorShapes({ ...manifest.architecture, vocabulary: manifest.vocabulary.size });
  // A copy at offset 0 of its own buffer: a Float32Array needs an aligned start, and the file is little-endian
  // as every machine that Node runs on.
  const buffer = new Uint8Array(bytes).buffer;
  const slice = (name: TensorName): Float32Array => {
    const tensor = manifest.weights.tensors.find((candidate) => candidate.name === name);
    const shape = shapes[name];
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw invalid(
        directory,
        `tensor ${name} has shape [${tensor?.shape ?? 'missing'}], expected [${shape}]`,
      );
    }
    if (tensor.offset % 4 !== 0 || tensor.offset + 4 * size > buffer.byteLength) {
      throw invalid(directory, `tensor ${name} lies outside ${manifest.weights.file}`);
    }
    return new Float32Array(buffer, tensor.offset, size);
  };
  return {
    embedding: slice('embedding'),
    'forward/kernel': slice('forward/kernel'),
    'forward/bias': slice('forward/bias'),
    'backward/kernel': slice('backward/kernel'),
    'backward/bias': slice('backward/bias'),
    attention: slice('attention'),
    'output/kernel': slice('output/kernel'),
    'output/bias': slice('output/bias'),
  };
}

async function readChecked(directory: string, entry: { file: string; sha256: string }): Promise<Buffer> {
  const bytes = await read(directory, entry.file);
  if (sha256(bytes) !== entry.sha256) {
    throw invalid(
      directory,
      `${entry.file} is not the file that the manifest describes (its SHA-256 differs)`,
    );
  }
  return bytes;
}

async function read(directory: string, file: string): Promise<Buffer> {
  try {
    return await readFile(join(directory, file));
  } catch (cause) {
    throw new SentifluxError(
      'SF_MODEL_UNREADABLE',
      `cannot read ${join(directory, file)}: ${messageOf(cause)}.`,
      {
        hint: 'Name the directory of a model bundle, or leave the setting out for the shipped one.',
        cause,
      },
    );
  }
}

function invalid(directory: string, problem: string): SentifluxError {
  return new SentifluxError('SF_MODEL_INVALID', `the model bundle ${directory} cannot be used: ${problem}.`, {
    hint: 'Copy the whole bundle again, or train it anew with this version.',
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
