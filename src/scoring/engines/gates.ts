/** Where each gate of a library stands among ours (input, cell, forget, output). */
export type GateOrder = readonly [number, number, number, number];

/** ONNX: input, output, forget, cell. */
export const ONNX_GATES: GateOrder = [0, 3, 2, 1];
/** TensorFlow's BlockLSTMV2: input, forget, cell, output. (BlockLSTM without V2 has our order.) */
export const BLOCK_LSTM_V2_GATES: GateOrder = [0, 2, 1, 3];

/** Puts the gates of a [rows, 4·hidden] matrix, or of a bias [4·hidden], into a library's order. */
export function reorderGates<Matrix extends Float32Array | Int8Array>(
  matrix: Matrix,
  hidden: number,
  order: GateOrder,
): Matrix {
  const columns = 4 * hidden;
  const reordered = matrix.slice() as Matrix; // A copy has the type of its original.
  for (let row = 0; row < matrix.length; row += columns) {
    order.forEach((from, to) => {
      reordered.set(matrix.subarray(row + from * hidden, row + (from + 1) * hidden), row + to * hidden);
    });
  }
  return reordered;
}
