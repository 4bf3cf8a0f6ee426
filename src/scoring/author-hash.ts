import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA256 of an author's id, its first 128 bits in hexadecimal: who lacks the key cannot try names.
 *
 * @param key `output.authorKey`
 */
export function hashAuthor(key: string, author: string): string {
  return createHmac('sha256', key).update(author, 'utf8').digest('hex').slice(0, 32);
}
