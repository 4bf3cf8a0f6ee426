/** A number, and whether it is negative in its last bit ("zigzag"): seven bits a byte, the lowest first. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Bytes that a number takes as Kafka's records write it (varint and varlong alike). */
export function varintSize(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

/** @returns where the next byte goes */
export function writeVarint(into: Uint8Array, at: number, value: number): number {
  let index = at;
  let rest = zigzag(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    // Times apart take more than the 32 bits of a shift.
    into[index] = (rest % 0x80) | 0x80;
    index += 1;
  }
  into[index] = rest;
  return index + 1;
}
