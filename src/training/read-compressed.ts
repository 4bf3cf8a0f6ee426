import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { messageOf } from '../contracts/errors.js';
import { invalid } from './labelled-rows.js';

/**
 * Reads a file, unpacked if its name ends in `.gz`.
 *
 * @param what it is, for the error
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readCompressed(file: string, what: string): Promise<Buffer> {
  try {
    const bytes = await readFile(file);
    return file.endsWith('.gz') ? await promisify(gunzip)(bytes) : bytes;
  } catch (cause) {
    throw invalid(`cannot read the ${what} ${file}: ${messageOf(cause)}`, 'Check the path.');
  }
}
