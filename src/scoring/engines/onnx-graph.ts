import { type ModelBundle, quantisedLstm } from '../../model/bundle.js';
import type { QuantisedMatrix } from '../../model/quantise.js';
import type { Precision } from '../engine.js';
import { ONNX_GATES, reorderGates } from './gates.js';
import { encodeOnnxModel, type OnnxGraph, type OnnxNode, type OnnxTensor } from './onnx-protobuf.js';

/**
 * The network of `model/weights.ts` as an ONNX model, made at load: the same weights serve every engine.
 *
 * Inputs, time-major: `tokens` int32 [time, rows], `lengths` int32 [rows], `mask` float32 [time, rows, 1]
 * (0 at a token, a large negative number at padding). Output: `logits` float32 [rows, 3].
 *
 * int8 quantises the LSTM's weights only, by column; activations are quantised by ONNX Runtime at run time
 * with one scale for the whole batch, so an int8 score depends a little on the batch.
 */
export function buildOnnxModel(bundle: ModelBundle, precision: Precision): Uint8Array {
  const { hidden } = bundle.manifest.architecture;
  const lstm = precision === 'int8' ? int8Lstm(bundle) : floatLstm(bundle);
  const { weights } = bundle;
  const states = 2 * hidden;
  const graph: OnnxGraph = {
    name: `sentiflux ${bundle.manifest.version} ${precision}`,
    inputs: [
      { name: 'tokens', type: 'int32', shape: ['time', 'rows'] },
      { name: 'lengths', type: 'int32', shape: ['rows'] },
      { name: 'mask', type: 'float32', shape: ['time', 'rows', 1] },
    ],
    outputs: [{ name: 'logits', type: 'float32', shape: ['rows', 3] }],
    initializers: [
      floats(
        'embedding',
        [bundle.vocabulary.size, bundle.manifest.architecture.embedding],
        weights.embedding,
      ),
      ...lstm.initializers,
      { name: 'states shape', type: 'int64', shape: [3], data: BigInt64Array.from([0n, 0n, BigInt(states)]) },
      { name: 'time axis', type: 'int64', shape: [1], data: BigInt64Array.from([0n]) },
      floats('attention', [states, 1], weights.attention),
      floats('output kernel', [2 * states, 3], weights['output/kernel']),
      floats('output bias', [3], weights['output/bias']),
    ],
    nodes: [
      node('Gather', ['embedding', 'tokens'], ['embedded']),
      lstm.node,
      // [time, direction, rows, hidden] → [time, rows, 2·hidden]
      node('Transpose', ['directions'], ['beside'], { perm: [0, 2, 1, 3] }),
      node('Reshape', ['beside', 'states shape'], ['states']),
      node('Add', ['states', 'mask'], ['masked states']),
      node('ReduceMax', ['masked states'], ['maximum'], { axes: [0], keepdims: 0 }),
      node('MatMul', ['states', 'attention'], ['scores']),
      node('Add', ['scores', 'mask'], ['masked scores']),
      node('Softmax', ['masked scores'], ['attention weights'], { axis: 0 }),
      node('Mul', ['states', 'attention weights'], ['weighted states']),
      node('ReduceSum', ['weighted states', 'time axis'], ['attended'], { keepdims: 0 }),
      node('Concat', ['maximum', 'attended'], ['pooled'], { axis: 1 }),
      node('Gemm', ['pooled', 'output kernel', 'output bias'], ['logits']),
    ],
  };
  return encodeOnnxModel(graph);
}

interface LstmPart {
  readonly initializers: readonly OnnxTensor[];
  readonly node: OnnxNode;
}

/** ONNX's own LSTM: W is [directions, 4·hidden, embedding] and R is [directions, 4·hidden, hidden]. */
function floatLstm(bundle: ModelBundle): LstmPart {
  const { embedding, hidden } = bundle.manifest.architecture;
  const kernels = [bundle.weights['forward/kernel'], bundle.weights['backward/kernel']].map((kernel) =>
    reorderGates(kernel, hidden, ONNX_GATES),
  );
  const input = kernels.map((kernel) => transpose(kernel.subarray(0, embedding * 4 * hidden), embedding));
  const recurrent = kernels.map((kernel) => transpose(kernel.subarray(embedding * 4 * hidden), hidden));
  return {
    initializers: [
      floats('W', [2, 4 * hidden, embedding], concatenate(input)),
      floats('R', [2, 4 * hidden, hidden], concatenate(recurrent)),
      floats('B', [2, 8 * hidden], biases(bundle)),
    ],
    node: node('LSTM', ['embedded', 'W', 'R', 'B', 'lengths'], ['directions'], {
      hidden_size: hidden,
      direction: 'bidirectional',
    }),
  };
}

/**
 * ONNX Runtime's DynamicQuantizeLSTM: W is [directions, embedding, 4·hidden] and R is
 * [directions, hidden, 4·hidden], with a scale and a zero point per direction and column.
 */
function int8Lstm(bundle: ModelBundle): LstmPart {
  const { embedding, hidden } = bundle.manifest.architecture;
  const columns = 4 * hidden;
  const quantised = quantisedLstm(bundle);
  const inOrder = ({ values, scales }: QuantisedMatrix): QuantisedMatrix => ({
    values: reorderGates(values, hidden, ONNX_GATES),
    scales: reorderGates(scales, hidden, ONNX_GATES),
  });
  const input = [inOrder(quantised['forward/input']), inOrder(quantised['backward/input'])];
  const recurrent = [inOrder(quantised['forward/recurrent']), inOrder(quantised['backward/recurrent'])];
  const zeroPoints = new Int8Array(2 * columns);
  return {
    initializers: [
      { name: 'W', type: 'int8', shape: [2, embedding, columns], data: concatenateBytes(input) },
      { name: 'R', type: 'int8', shape: [2, hidden, columns], data: concatenateBytes(recurrent) },
      floats('B', [2, 8 * hidden], biases(bundle)),
      floats('W scale', [2, columns], concatenate(input.map((part) => part.scales))),
      floats('R scale', [2, columns], concatenate(recurrent.map((part) => part.scales))),
      { name: 'W zero', type: 'int8', shape: [2, columns], data: zeroPoints },
      { name: 'R zero', type: 'int8', shape: [2, columns], data: zeroPoints },
    ],
    node: {
      ...node(
        'DynamicQuantizeLSTM',
        ['embedded', 'W', 'R', 'B', 'lengths', '', '', '', 'W scale', 'W zero', 'R scale', 'R zero'],
        ['directions'],
        { hidden_size: hidden, direction: 'bidirectional' },
      ),
      domain: 'com.microsoft',
    },
  };
}

/** ONNX adds a bias to the input's part and one to the recurrent part: ours is the first, the second is 0. */
function biases({ manifest, weights }: ModelBundle): Float32Array {
  const { hidden } = manifest.architecture;
  const none = new Float32Array(4 * hidden);
  const [forward, backward] = [weights['forward/bias'], weights['backward/bias']].map((bias) =>
    reorderGates(bias, hidden, ONNX_GATES),
  );
  return concatenate([forward ?? none, none, backward ?? none, none]);
}

function transpose(matrix: Float32Array, rows: number): Float32Array {
  const columns = matrix.length / rows;
  const transposed = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      transposed[column * rows + row] = matrix[row * columns + column] ?? 0;
    }
  }
  return transposed;
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((size, part) => size + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

function concatenateBytes(parts: readonly { readonly values: Int8Array }[]): Int8Array {
  const whole = new Int8Array(parts.reduce((size, part) => size + part.values.length, 0));
  let offset = 0;
  for (const { values } of parts) {
    whole.set(values, offset);
    offset += values.length;
  }
  return whole;
}

function floats(name: string, shape: readonly number[], data: Float32Array): OnnxTensor {
  return { name, type: 'float32', shape, data };
}

function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: NonNullable<OnnxNode['attributes']>,
): OnnxNode {
  return { operator, inputs, outputs, ...(attributes && { attributes }) };
}
