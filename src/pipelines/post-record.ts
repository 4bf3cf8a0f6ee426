import type { InputConfig } from '../config/schema.js';
import { SentifluxError } from '../contracts/errors.js';
import type { PostId } from '../contracts/ids.js';
import type { Post } from '../contracts/post.js';
import type { OutputRecord } from '../contracts/record.js';

/** A post as a record of the topic of posts, under the names that `input.fields` has by default. */
export function postRecord(topic: string, post: Post): OutputRecord {
  const { createdAt, updatedAt } = post;
  const message = {
    ...post,
    createdAt: new Date(createdAt).toISOString(),
    // Left out of JSON where it says nothing more.
    updatedAt: updatedAt === createdAt ? undefined : new Date(updatedAt).toISOString(),
  };
  return { topic, key: Buffer.from(post.id), value: Buffer.from(JSON.stringify(message)) };
}

/** A deletion, as the topic of posts has it. */
export function deletionRecord(topic: string, id: PostId): OutputRecord {
  return { topic, key: Buffer.from(id), value: null };
}

/**
 * Whoever reads the topic must find what is written to it.
 *
 * @throws SentifluxError SF_CONFIG_INVALID where `input.fields` looks for a field under other names only
 */
export function requireOwnNames({ fields }: Pick<InputConfig, 'fields'>): void {
  const other = Object.entries(fields).find(([name, path]) => ![path].flat().includes(name));
  if (other === undefined) return;
  const [name, path] = other;
  throw new SentifluxError(
    'SF_CONFIG_INVALID',
    `input.fields.${name} is ${JSON.stringify(path)}: the worker would not find "${name}", as sources write it.`,
    { hint: `Name both: ${name}: ${JSON.stringify([path, name].flat())}.` },
  );
}
