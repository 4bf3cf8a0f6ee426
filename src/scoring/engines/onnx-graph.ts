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
  const states = 2 * lstm.hidden;
  const { hidden } = bundle.manifest.architecture;
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
      { name: 'states shape', type: 'int64', shape: [3], data: BigInt64Array.from([0n, 0n, BigInt(states)]) },
      { name: 'time axis', type: 'int64', shape: [1], data: BigInt64Array.from([0n]) },
      floats('attention', [states, 1], spreadRows(weights.attention, 1, hidden, lstm.hidden)),
      floats('output kernel', [2 * states, 3], spreadRows(weights['output/kernel'], 3, hidden, lstm.hidden)),
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
