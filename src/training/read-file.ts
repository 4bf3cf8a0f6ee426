import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { messageOf, SentifluxError } from '../contracts/errors.js';

/**
 * Reads a file.
 *
 * @param name what to call it in the error
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readBytes(file: string, name = file): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

/**
 * Reads a file, unpacked if its name ends in `.gz`.
 *
 * @param what it is, for the error
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readCompressed(file: string, what: string): Promise<Buffer> {
  const name = `the ${what} ${file}`;
  const bytes = await readBytes(file, name);
  if (!file.endsWith('.gz')) return bytes;
  try {
    return await promisify(gunzip)(bytes);
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

function unreadable(name: string, cause: unknown): SentifluxError {
  return invalid(`cannot read ${name}: ${messageOf(cause)}`, 'Check the path.');
}

export function invalid(problem: string, hint: string): SentifluxError {
  return new SentifluxError('SF_TRAIN_DATA_INVALID', `${problem}.`, { hint });
}
