import type { Manifest } from './manifest.js';

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

/** What the shapes of the tensors follow from. */
export type NetworkSizes = Pick<Manifest['architecture'], 'embedding' | 'hidden'> & {
  readonly vocabulary: number;
};

type TensorEntries = Manifest['weights']['tensors'];

/** The shape that each tensor must have, from the manifest's sizes. */
export function tensorShapes(sizes: NetworkSizes): Readonly<Record<TensorName, readonly number[]>> {
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

/** The content of the file of weights, and where each tensor stands in it. */
export function packWeights(
  weights: Weights,
  sizes: NetworkSizes,
): { readonly bytes: Buffer; readonly tensors: TensorEntries } {
  const shapes = tensorShapes(sizes);
  let offset = 0;
  const tensors = TENSOR_NAMES.map((name) => {
    const entry = { name, shape: [...shapes[name]], offset };
    offset += weights[name].byteLength;
    return entry;
  });
  const bytes = Buffer.concat(
    TENSOR_NAMES.map((name) => {
      const { buffer, byteOffset, byteLength } = weights[name];
      return Buffer.from(buffer, byteOffset, byteLength);
    }),
  );
  return { bytes, tensors };
}

/**
 * The tensors within the content of the file, without a copy: it begins at 0 of its buffer, and is little-endian as
 * every machine that Node runs on.
 *
 * @throws RangeError what is wrong with a tensor: its shape, its place, or a number that is not finite
 */
export function sliceWeights(buffer: ArrayBufferLike, tensors: TensorEntries, sizes: NetworkSizes): Weights {
  const shapes = tensorShapes(sizes);
  const slice = (name: TensorName): Float32Array => {
    const tensor = tensors.find((candidate) => candidate.name === name);
    const shape = shapes[name];
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      throw new RangeError(`tensor ${name} has shape [${tensor?.shape ?? 'missing'}], expected [${shape}]`);
    }
    const size = shape.reduce((product, extent) => product * extent, 1);
    if (tensor.offset % 4 !== 0 || tensor.offset + 4 * size > buffer.byteLength) {
      throw new RangeError(`tensor ${name} lies outside its file`);
    }
    const values = new Float32Array(buffer, tensor.offset, size);
    if (!values.every(Number.isFinite))
      throw new RangeError(`tensor ${name} holds a number that is not finite`);
    return values;
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
