import { createHash } from 'node:crypto';
import { open, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, SentifluxError } from '../contracts/errors.js';

/** No bundle of ours comes near; what is larger is not a bundle, and must not fill the memory of a worker. */
const LARGEST_FILE_BYTES = 1024 ** 3;
/** Between two of them the process does what else it has to do. */
const CHUNK_BYTES = 4 * 1024 ** 2;

/** The content of a file, in memory that threads can share. */
export interface BundleFile {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly sha256: string;
}

/** A bundle's directory, whose files are read as they are needed. */
export interface BundleFolder {
  /**
   * @throws SentifluxError SF_MODEL_UNREADABLE when it cannot be read, SF_MODEL_INVALID when it is no file or too large
   */
  read(file: string): Promise<BundleFile>;
}

/** Follows a link once, so that all files come from one folder even where the link is moved meanwhile. */
export async function openBundleFolder(directory: string): Promise<BundleFolder> {
  const folder = await readable(directory, () => realpath(directory));
  return {
    read(file) {
      const path = join(directory, file);
      return readable(path, async () => {
        const target = join(folder, file);
        // Not by the open file: to open a pipe waits for its writer.
        const found = await stat(target);
        if (!found.isFile()) throw invalidBundle(directory, `${file} is not a file`);
        if (found.size > LARGEST_FILE_BYTES) {
          throw invalidBundle(
            directory,
            `${file} has ${found.size} bytes, more than the ${LARGEST_FILE_BYTES} that a file may have`,
          );
        }
        return readFileOf(target, found.size);
      });
    },
  };
}

export function invalidBundle(directory: string, problem: string): SentifluxError {
  return new SentifluxError('SF_MODEL_INVALID', `the model bundle ${directory} cannot be used: ${problem}.`, {
    hint: 'Copy the whole bundle again, or train it anew with this version.',
  });
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The first `size` bytes; fewer where the file has been cut off meanwhile. */
async function readFileOf(path: string, size: number): Promise<BundleFile> {
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  const hash = createHash('sha256');
  const handle = await open(path);
  try {
    let length = 0;
    while (length < size) {
      const { bytesRead } = await handle.read(bytes, length, Math.min(CHUNK_BYTES, size - length), length);
      if (bytesRead === 0) break;
      hash.update(bytes.subarray(length, length + bytesRead));
      length += bytesRead;
    }
    return { bytes: bytes.subarray(0, length), sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

async function readable<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof SentifluxError) throw cause;
    throw new SentifluxError('SF_MODEL_UNREADABLE', `cannot read ${path}: ${messageOf(cause)}.`, {
      hint: 'Name the directory of a model bundle, or leave the setting out for the shipped one.',
      cause,
    });
  }
}
