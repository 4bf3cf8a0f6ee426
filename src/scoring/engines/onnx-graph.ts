import type { ModelBundle } from '../../model/bundle.js';
import type { Precision } from '../engine.js';
import { int8Lstm } from './onnx-int8.js';
import { floatLstm } from './onnx-lstm.js';
import { floats, node, spreadRows } from './onnx-nodes.js';
import { encodeOnnxModel, type OnnxGraph } from './onnx-protobuf.js';

/**
 * The network of `model/weights.ts` as an ONNX model, made at load: the same weights serve every engine.
 *
 * Inputs, time-major: `tokens` int32 [time, rows], `lengths` int32 [rows], `mask` float32 [time, rows, 1]
 * (0 at a token, a large negative number at padding). Output: `logits` float32 [rows, 3].
 *
 * int8 quantises the LSTM alone (`onnx-int8.ts`).
 */
export function buildOnnxModel(bundle: ModelBundle, precision: Precision): Uint8Array {
  const lstm = precision === 'int8' ? int8Lstm(bundle) : floatLstm(bundle);
  const { weights } = bundle;
  const { hidden } = bundle.manifest.architecture;
  const units = lstm.hidden;
  // [maximum or attended, direction, hidden, label]
  const kernel = spreadRows(weights['output/kernel'], 3, hidden, units);
  const graph: OnnxGraph = {
    name: `sentiflux ${bundle.manifest.version} ${precision}`,
    inputs: [
      { name: 'tokens', type: 'int32', shape: ['time', 'rows'] },
      { name: 'lengths', type: 'int32', shape: ['rows'] },
      { name: 'mask', type: 'float32', shape: ['time', 'rows', 1] },
    ],
    outputs: [{ name: 'logits', type: 'float32', shape: ['rows', 3] }],
    initializers: [
      floats('embedding', [bundle.vocabulary.size, lstm.width], lstm.embedding),
      ...lstm.initializers,
      { name: 'direction axis', type: 'int64', shape: [1], data: BigInt64Array.from([0n]) },
      { name: 'time axis', type: 'int64', shape: [1], data: BigInt64Array.from([1n]) },
      floats('attention', [2, 1, units, 1], spreadRows(weights.attention, 1, hidden, units)),
      floats('maximum kernel', [2, units, 3], kernel.subarray(0, kernel.length / 2)),
      floats('attended kernel', [2, units, 3], kernel.subarray(kernel.length / 2)),
      floats('output bias', [3], weights['output/bias']),
    ],
    nodes: [
      node('Gather', ['embedding', 'tokens'], ['embedded']),
      lstm.node,
      // [time, direction, rows, hidden] → [direction, time, rows, hidden]: ONNX Runtime takes the maximum over an axis in
      // the middle with vector instructions, and over the first one with a branch for each value, a fifth of all its time.
      node('Transpose', ['directions'], ['states'], { perm: [1, 0, 2, 3] }),
      node('Add', ['states', 'mask'], ['masked states']),
      node('ReduceMax', ['masked states'], ['maximum'], { axes: [1], keepdims: 0 }),
      node('MatMul', ['states', 'attention'], ['scores of directions']),
      node('ReduceSum', ['scores of directions', 'direction axis'], ['scores'], { keepdims: 0 }),
      node('Add', ['scores', 'mask'], ['masked scores']),
      node('Softmax', ['masked scores'], ['attention weights'], { axis: 0 }),
      node('Mul', ['states', 'attention weights'], ['weighted states']),
      node('ReduceSum', ['weighted states', 'time axis'], ['attended'], { keepdims: 0 }),
      node('MatMul', ['maximum', 'maximum kernel'], ['from maximum']),
      node('MatMul', ['attended', 'attended kernel'], ['from attended']),
      node('Add', ['from maximum', 'from attended'], ['logits of directions']),
      node('ReduceSum', ['logits of directions', 'direction axis'], ['unbiased logits'], { keepdims: 0 }),
      node('Add', ['unbiased logits', 'output bias'], ['logits']),
    ],
  };
  return encodeOnnxModel(graph);
}
