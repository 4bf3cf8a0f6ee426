import { type ModelBundle, type TensorName, tensorShapes, writeBundle } from '../../src/model/bundle.js';
import type { Manifest } from '../../src/model/manifest.js';
import { Vocabulary } from '../../src/model/vocabulary.js';
import { PREPROCESSOR_VERSION } from '../../src/preprocess/version.js';

export interface RandomBundleOptions {
  readonly seed?: number;
  readonly embedding?: number;
  readonly hidden?: number;
  /** Pieces of the vocabulary after padding and unknown. */
  readonly pieces?: readonly string[];
  readonly maxTokens?: number;
}

const NO_SUM = '0'.repeat(64);

/** A small model whose weights come from a seed: it scores nonsense, but the same nonsense every time. */
export function randomBundle(options: RandomBundleOptions = {}): ModelBundle {
  const { seed = 1, embedding = 12, hidden = 16, maxTokens = 32 } = options;
  const pieces =
    options.pieces ?? [...'abcdefghijklmnopqrstuvwxyz'].flatMap((letter) => [letter, `##${letter}`]);
  const vocabulary = new Vocabulary(['[PAD]', '[UNK]', ...pieces]);
  const next = randomNumbers(seed);
  const shapes = tensorShapes({ embedding, hidden, vocabulary: vocabulary.size });
  const tensor = (name: TensorName): Float32Array => {
    const size = shapes[name].reduce((product, extent) => product * extent, 1);
    return Float32Array.from({ length: size }, () => next() - 0.5);
  };
  return {
    manifest: {
      format: 1,
      version: `random-${seed}`,
      createdAt: '2026-01-01T00:00:00Z',
      preprocessor: PREPROCESSOR_VERSION,
      languages: ['en'],
      maxTokens,
      architecture: { kind: 'bilstm', embedding, hidden },
      calibration: { temperature: 1.5, languages: {} },
      vocabulary: { file: 'vocabulary.txt', sha256: NO_SUM, size: vocabulary.size },
      weights: { file: 'weights.f32', sha256: NO_SUM, tensors: [] },
      training: {},
    },
    vocabulary,
    weights: {
      embedding: tensor('embedding'),
      'forward/kernel': tensor('forward/kernel'),
      'forward/bias': tensor('forward/bias'),
      'backward/kernel': tensor('backward/kernel'),
      'backward/bias': tensor('backward/bias'),
      attention: tensor('attention'),
      'output/kernel': tensor('output/kernel'),
      'output/bias': tensor('output/bias'),
    },
  };
}

/** Writes a bundle to a directory, as training does. Some of its manifest may be another. */
export async function writeTestBundle(
  directory: string,
  bundle: ModelBundle,
  changed: Partial<Manifest> = {},
): Promise<string> {
  const { format: _, vocabulary: __, weights: ___, quantised: ____, ...manifest } = bundle.manifest;
  await writeBundle(directory, { ...bundle, manifest: { ...manifest, ...changed } });
  return directory;
}

/** Mulberry32 (Tommy Ettinger, public domain): at least 0 and less than 1. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
