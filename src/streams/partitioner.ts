/**
 * Kafka's partition of a key: its murmur2 hash, made positive, modulo the partitions; so that a post goes to the
 * same partition whoever writes it.
 */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

/** Murmur2 (Austin Appleby, public domain) with the seed of Kafka's clients, as a signed 32-bit number. */
export function murmur2(data: Uint8Array): number {
  const m = 0x5bd1e995;
  const length = data.length;
  let hash = 0x9747b28c ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    let k =
      (data[i] ?? 0) | ((data[i + 1] ?? 0) << 8) | ((data[i + 2] ?? 0) << 16) | ((data[i + 3] ?? 0) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    hash = Math.imul(hash, m) ^ Math.imul(k, m);
  }
  const rest = length - i;
  if (rest >= 3) hash ^= (data[i + 2] ?? 0) << 16;
  if (rest >= 2) hash ^= (data[i + 1] ?? 0) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (data[i] ?? 0), m);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, m);
  return hash ^ (hash >>> 15);
}
