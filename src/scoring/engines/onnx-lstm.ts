import type { ModelBundle } from '../../model/bundle.js';
import { ONNX_GATES, reorderGates } from './gates.js';
import { concatenate, floats, type LstmPart, node } from './onnx-nodes.js';

/** ONNX's own LSTM: W is [directions, 4·hidden, embedding] and R is [directions, 4·hidden, hidden]. */
export function floatLstm({ manifest, weights }: ModelBundle): LstmPart {
  const { embedding, hidden } = manifest.architecture;
  const kernels = [weights['forward/kernel'], weights['backward/kernel']].map((kernel) =>
    reorderGates(kernel, hidden, ONNX_GATES),
  );
  const input = kernels.map((kernel) => transpose(kernel.subarray(0, embedding * 4 * hidden), embedding));
  const recurrent = kernels.map((kernel) => transpose(kernel.subarray(embedding * 4 * hidden), hidden));
  const biases = [weights['forward/bias'], weights['backward/bias']].map((bias) =>
    onnxBias(reorderGates(bias, hidden, ONNX_GATES)),
  );
  return {
    embedding: weights.embedding,
    width: embedding,
    hidden,
    initializers: [
      floats('W', [2, 4 * hidden, embedding], concatenate(input)),
      floats('R', [2, 4 * hidden, hidden], concatenate(recurrent)),
      floats('B', [2, 8 * hidden], concatenate(biases)),
    ],
    node: node('LSTM', ['embedded', 'W', 'R', 'B', 'lengths'], ['directions'], {
      hidden_size: hidden,
      direction: 'bidirectional',
    }),
  };
}

/** ONNX adds a bias to the input's part and one to the recurrent part: ours is the first, the second is 0. */
export function onnxBias(bias: Float32Array): Float32Array {
  return concatenate([bias, new Float32Array(bias.length)]);
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
