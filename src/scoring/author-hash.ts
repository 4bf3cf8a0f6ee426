import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA256 of an author's id, its first 128 bits in hexadecimal: who lacks the key cannot try names.
 *
 * @param key `output.authorKey`
 */
export function hashAuthor(key: string, author: string): string {
  return createHmac('sha256', key).update(author, 'utf8').digest('hex').slice(0, 32);
}

/** Authors whose hashes are kept, and the longest id of one, in code units: two megabytes at most. */
const KEPT_AUTHORS = 10_000;
const LONGEST_KEPT = 64;

/**
 * {@link hashAuthor} with one key, for the authors of a stream: the same ones come again and again. It forgets all when
 * it has seen too many, which costs less than to know which of them came last.
 */
export function createAuthorHasher(key: string): (author: string) => string {
  const kept = new Map<string, string>();

  return (author) => {
    const known = kept.get(author);
    if (known !== undefined) return known;
    const hash = hashAuthor(key, author);
    if (author.length > LONGEST_KEPT) return hash;
    if (kept.size === KEPT_AUTHORS) kept.clear();
    kept.set(author, hash);
    return hash;
  };
}
