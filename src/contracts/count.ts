/** Adds to counts how often each key comes; gives them back. */
export function count<Key>(keys: Iterable<Key>, counts = new Map<Key, number>()): Map<Key, number> {
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
