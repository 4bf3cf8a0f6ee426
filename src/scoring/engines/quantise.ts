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

/** Symmetric linear quantisation of a [rows, columns] matrix with one scale a column. */
export function quantiseColumns(matrix: Float32Array, columns: number): QuantisedMatrix {
  const scales = new Float32Array(columns);
  matrix.forEach((value, i) => {
    scales[i % columns] = Math.max(scales[i % columns] ?? 0, Math.abs(value));
  });
  for (let column = 0; column < columns; column++) {
    // A column of zeros keeps a scale that can be divided by.
    scales[column] = (scales[column] || 1) / LARGEST;
  }
  const values = Int8Array.from(matrix, (value, i) => Math.round(value / (scales[i % columns] ?? 1)));
  return { values, scales };
}
