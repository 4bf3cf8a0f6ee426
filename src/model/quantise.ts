import type { Manifest } from './manifest.js';
import type { NetworkSizes, Weights } from './weights.js';

/**
 * Largest magnitude of a quantised weight: 7 bits. ONNX Runtime multiplies 8-bit activations with 8-bit
 * weights; without VNNI it adds two such products in 16 bits, which overflows with full-range weights
 * (ONNX Runtime calls this `reduce_range`). With 7 bits every x86 machine gives the same result.
 */
const LARGEST = 63;

export interface QuantisedMatrix {
  /** [rows, columns], in the order of the float matrix. */
  readonly values: Int8Array;
  /** [columns]: weight = value · scale. */
  readonly scales: Float32Array;
}

/** The two parts of each direction's kernel: what multiplies x, and what multiplies h. */
export const MATRIX_NAMES = [
  'forward/input', // [embedding, 4·hidden]
  'forward/recurrent', // [hidden, 4·hidden]
  'backward/input', // [embedding, 4·hidden]
  'backward/recurrent', // [hidden, 4·hidden]
] as const;
export type MatrixName = (typeof MATRIX_NAMES)[number];

/** The LSTM's weights in int8, gates in the order of `model/weights.ts`. Everything else stays float32. */
export type QuantisedLstm = Readonly<Record<MatrixName, QuantisedMatrix>>;

type MatrixEntries = NonNullable<Manifest['quantised']>['matrices'];
type LstmSizes = Pick<NetworkSizes, 'embedding' | 'hidden'>;

export function quantiseLstm(
  weights: Pick<Weights, 'forward/kernel' | 'backward/kernel'>,
  { embedding, hidden }: LstmSizes,
): QuantisedLstm {
  const columns = 4 * hidden;
  const inputs = embedding * columns;
  const { 'forward/kernel': forward, 'backward/kernel': backward } = weights;
  return {
    'forward/input': quantiseColumns(forward.subarray(0, inputs), columns),
    'forward/recurrent': quantiseColumns(forward.subarray(inputs), columns),
    'backward/input': quantiseColumns(backward.subarray(0, inputs), columns),
    'backward/recurrent': quantiseColumns(backward.subarray(inputs), columns),
  };
}

/** Symmetric linear quantisation of a [rows, columns] matrix with one scale a column. */
export function quantiseColumns(matrix: Float32Array, columns: number): QuantisedMatrix {
  const scales = new Float32Array(columns);
  matrix.forEach((value, i) => {
    scales[i % columns] = Math.max(scales[i % columns] ?? 0, Math.abs(value));
  });
  for (let column = 0; column < columns; column++) {
    // A column of zeros, or of next to nothing, keeps a scale that can be divided by.
    scales[column] = Math.fround((scales[column] ?? 0) / LARGEST) || 1 / LARGEST;
  }
  const values = Int8Array.from(matrix, (value, i) => Math.round(value / (scales[i % columns] ?? 1)));
  return { values, scales };
}

/** The content of the file of int8 weights, all scales before all values, and where each matrix stands in it. */
export function packQuantised(
  quantised: QuantisedLstm,
  { embedding, hidden }: LstmSizes,
): { readonly bytes: Buffer; readonly matrices: MatrixEntries } {
  const scaleBytes = MATRIX_NAMES.map((name) => bytesOf(quantised[name].scales));
  const valueBytes = MATRIX_NAMES.map((name) => bytesOf(quantised[name].values));
  const parts = [...scaleBytes, ...valueBytes];
  const offsets = parts.map((_, i) => parts.slice(0, i).reduce((sum, { length }) => sum + length, 0));
  const matrices = MATRIX_NAMES.map((name, i) => ({
    name,
    shape: [name.endsWith('input') ? embedding : hidden, 4 * hidden],
    scales: offsets[i] ?? 0,
    values: offsets[MATRIX_NAMES.length + i] ?? 0,
  }));
  return { bytes: Buffer.concat(parts), matrices };
}

/**
 * The matrices within the content of the file, without a copy.
 *
 * @throws RangeError what is wrong with a matrix: its shape, its place, or a scale that is not finite
 */
export function sliceQuantised(
  buffer: ArrayBufferLike,
  matrices: MatrixEntries,
  { embedding, hidden }: LstmSizes,
): QuantisedLstm {
  const columns = 4 * hidden;
  const slice = (name: MatrixName, rows: number): QuantisedMatrix => {
    const matrix = matrices.find((candidate) => candidate.name === name);
    if (matrix?.shape.join() !== `${rows},${columns}`) {
      throw new RangeError(
        `matrix ${name} has shape [${matrix?.shape ?? 'missing'}], expected [${rows},${columns}]`,
      );
    }
    const isOutside = matrix.scales + 4 * columns > buffer.byteLength;
    if (isOutside || matrix.scales % 4 !== 0 || matrix.values + rows * columns > buffer.byteLength) {
      throw new RangeError(`matrix ${name} lies outside its file`);
    }
    const scales = new Float32Array(buffer, matrix.scales, columns);
    if (!scales.every(Number.isFinite)) throw new RangeError(`matrix ${name} has a scale that is not finite`);
    return { scales, values: new Int8Array(buffer, matrix.values, rows * columns) };
  };
  return {
    'forward/input': slice('forward/input', embedding),
    'forward/recurrent': slice('forward/recurrent', hidden),
    'backward/input': slice('backward/input', embedding),
    'backward/recurrent': slice('backward/recurrent', hidden),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
