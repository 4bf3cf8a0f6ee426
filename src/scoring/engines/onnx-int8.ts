import { type ModelBundle, quantisedLstm } from '../../model/bundle.js';
import type { QuantisedMatrix } from '../../model/quantise.js';
import { ONNX_GATES, reorderGates } from './gates.js';
import { onnxBias } from './onnx-lstm.js';
import { concatenate, floats, type LstmPart, node, spreadRows } from './onnx-nodes.js';

/** Values of a token, and units of a direction, that are there for ONNX Runtime's scales alone: see `int8Lstm`. */
const STEADY = 2;
/** Through a sigmoid or a tanh this is 1 in float32. */
const SATURATED = 30;
/** Among our gates: input, cell, forget, output. */
const CELL_GATE = 1;

/**
 * The LSTM for ONNX Runtime's DynamicQuantizeLSTM: W is [directions, embedding, 4·hidden] and R is
 * [directions, hidden, 4·hidden], with a scale and a zero point per direction and column.
 *
 * ONNX Runtime quantises what multiplies them at run time, with one scale for all rows: the range of the values that
 * the batch happens to hold. So that a post's score does not depend on its neighbours, each token's embedding ends in
 * the largest and the least value that any embedding may have, and each direction in two units whose gates are
 * always open: after k steps their states are tanh(k) and −tanh(k), which no other unit can pass, as its cell gains
 * less than 1 a step. The range is then the same in every batch, and no weight reads what holds it.
 */
export function int8Lstm(bundle: ModelBundle): LstmPart {
  const { manifest, weights } = bundle;
  const { embedding, hidden } = manifest.architecture;
  const width = embedding + STEADY;
  const units = hidden + STEADY;
  const columns = 4 * units;
  const quantised = quantisedLstm(bundle);
  const matrix = (part: QuantisedMatrix, rows: number): QuantisedMatrix => ({
    values: spreadRows(
      widerGates(reorderGates(part.values, hidden, ONNX_GATES), hidden),
      columns,
      rows,
      rows + STEADY,
    ),
    scales: widerGates(reorderGates(part.scales, hidden, ONNX_GATES), hidden).map((scale) => scale || 1),
  });
  const input = [
    matrix(quantised['forward/input'], embedding),
    matrix(quantised['backward/input'], embedding),
  ];
  const recurrent = [
    matrix(quantised['forward/recurrent'], hidden),
    matrix(quantised['backward/recurrent'], hidden),
  ];
  const biases = [weights['forward/bias'], weights['backward/bias']].map((bias) =>
    onnxBias(withSteadyUnits(widerGates(reorderGates(bias, hidden, ONNX_GATES), hidden), hidden)),
  );
  const zeroPoints = new Int8Array(2 * columns);
  return {
    embedding: withSteadyValues(weights.embedding, embedding),
    width,
    hidden: units,
    initializers: [
      {
        name: 'W',
        type: 'int8',
        shape: [2, width, columns],
        data: concatenate(input.map(({ values }) => values)),
      },
      {
        name: 'R',
        type: 'int8',
        shape: [2, units, columns],
        data: concatenate(recurrent.map(({ values }) => values)),
      },
      floats('B', [2, 2 * columns], concatenate(biases)),
      floats('W scale', [2, columns], concatenate(input.map(({ scales }) => scales))),
      floats('R scale', [2, columns], concatenate(recurrent.map(({ scales }) => scales))),
      { name: 'W zero', type: 'int8', shape: [2, columns], data: zeroPoints },
      { name: 'R zero', type: 'int8', shape: [2, columns], data: zeroPoints },
    ],
    node: {
      ...node(
        'DynamicQuantizeLSTM',
        ['embedded', 'W', 'R', 'B', 'lengths', '', '', '', 'W scale', 'W zero', 'R scale', 'R zero'],
        ['directions'],
        { hidden_size: units, direction: 'bidirectional' },
      ),
      domain: 'com.microsoft',
    },
  };
}

/** Columns for the steady units in each gate of a [rows, 4·hidden] matrix. */
function widerGates<Matrix extends Float32Array | Int8Array>(matrix: Matrix, hidden: number): Matrix {
  return spreadRows(matrix, 1, hidden, hidden + STEADY);
}

/** Biases that hold every gate of the first steady unit open, and feed the second with −1. */
function withSteadyUnits(bias: Float32Array, hidden: number): Float32Array {
  const units = hidden + STEADY;
  ONNX_GATES.forEach((ours, gate) => {
    bias[gate * units + hidden] = SATURATED;
    bias[gate * units + hidden + 1] = ours === CELL_GATE ? -SATURATED : SATURATED;
  });
  return bias;
}

function withSteadyValues(embedding: Float32Array, width: number): Float32Array {
  const largest = embedding.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const steady = spreadRows(embedding, 1, width, width + STEADY);
  for (let end = width; end < steady.length; end += width + STEADY) steady.set([largest, -largest], end);
  return steady;
}
