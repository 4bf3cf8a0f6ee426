import type { OnnxNode, OnnxTensor } from './onnx-protobuf.js';

/** What the graph needs to know of an LSTM, whatever its precision. */
export interface LstmPart {
  /** [vocabulary, width] */
  readonly embedding: Float32Array;
  readonly width: number;
  /** Units of each direction, those at its end included that nothing may read. */
  readonly hidden: number;
  readonly initializers: readonly OnnxTensor[];
  /** From `embedded` and `lengths` to `directions` [time, direction, rows, hidden]. */
  readonly node: OnnxNode;
}

export function floats(name: string, shape: readonly number[], data: Float32Array): OnnxTensor {
  return { name, type: 'float32', shape, data };
}

export function node(
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: NonNullable<OnnxNode['attributes']>,
): OnnxNode {
  return { operator, inputs, outputs, ...(attributes && { attributes }) };
}

export function concatenate<Matrix extends Float32Array | Int8Array>(parts: readonly Matrix[]): Matrix {
  const length = parts.reduce((size, part) => size + part.length, 0);
  const whole = emptyLike(parts[0], length);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

/**
 * Rows of a [blocks · rows, columns] matrix spread over blocks of more rows; those that are new are zeros.
 *
 * @param before rows of a block of the matrix
 * @param after rows of a block of the result
 */
export function spreadRows<Matrix extends Float32Array | Int8Array>(
  matrix: Matrix,
  columns: number,
  before: number,
  after: number,
): Matrix {
  const blocks = matrix.length / (before * columns);
  const spread = emptyLike(matrix, blocks * after * columns);
  for (let block = 0; block < blocks; block++) {
    const rows = matrix.subarray(block * before * columns, (block + 1) * before * columns);
    spread.set(rows, block * after * columns);
  }
  return spread;
}

function emptyLike<Matrix extends Float32Array | Int8Array>(
  matrix: Matrix | undefined,
  length: number,
): Matrix {
  // Of the matrix's own type; where there is none there is nothing to hold either.
  return (matrix instanceof Int8Array ? new Int8Array(length) : new Float32Array(length)) as Matrix;
}
