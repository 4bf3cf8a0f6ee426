/** Castagnoli's polynomial, its bits reversed (RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;
/** Bytes that are taken in one step. */
const STEP = 8;

/** `TABLE[256 · k + byte]`: what a byte does to the sum when k more bytes follow it in its step. */
const TABLE = tables();

function tables(): Int32Array {
  const table = new Int32Array(256 * STEP);
  for (let byte = 0; byte < 256; byte += 1) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum & 1) === 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    table[byte] = sum;
  }
  for (let i = 256; i < table.length; i += 1) {
    const before = table[i - 256] ?? 0;
    table[i] = (before >>> 8) ^ (table[before & 0xff] ?? 0);
  }
  return table;
}

/**
 * CRC-32C of bytes, as Kafka checks its record batches by: eight bytes a step ("slicing by 8", Kounavis and Berry 2005).
 *
 * @returns 32 bits without a sign
 */
export function crc32c(bytes: Uint8Array): number {
  const at = (place: number, byte: number): number => TABLE[256 * place + (byte & 0xff)] ?? 0;
  let sum = -1;
  let i = 0;
  for (; i + STEP <= bytes.length; i += STEP) {
    sum ^=
      (bytes[i] ?? 0) |
      ((bytes[i + 1] ?? 0) << 8) |
      ((bytes[i + 2] ?? 0) << 16) |
      ((bytes[i + 3] ?? 0) << 24);
    sum =
      at(7, sum) ^
      at(6, sum >>> 8) ^
      at(5, sum >>> 16) ^
      at(4, sum >>> 24) ^
      at(3, bytes[i + 4] ?? 0) ^
      at(2, bytes[i + 5] ?? 0) ^
      at(1, bytes[i + 6] ?? 0) ^
      at(0, bytes[i + 7] ?? 0);
  }
  for (; i < bytes.length; i += 1) sum = (sum >>> 8) ^ at(0, sum ^ (bytes[i] ?? 0));
  return ~sum >>> 0;
}
