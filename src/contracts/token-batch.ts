/**
 * Posts of like length, padded to one width, as a scoring engine takes them.
 *
 * `tokens` is [rows × width], row-major, padded with 0 at the end of each row; `lengths` is [rows],
 * 1 to width.
 */
export interface TokenBatch {
  readonly rows: number;
  readonly width: number;
  readonly tokens: Int32Array;
  readonly lengths: Int32Array;
}
