/** Longer runs of bytes are copied by the runtime, which costs more than a loop over a few. */
const MOST_LOOPED = 32;

/**
 * Copies the bytes `from` (included) to `to` (excluded).
 *
 * @param at where they go
 * @returns where the next byte goes
 */
export function copyBytes(into: Uint8Array, at: number, bytes: Uint8Array, from: number, to: number): number {
  if (to - from > MOST_LOOPED) into.set(bytes.subarray(from, to), at);
  else for (let i = from; i < to; i += 1) into[at + i - from] = bytes[i] ?? 0;
  return at + to - from;
}
