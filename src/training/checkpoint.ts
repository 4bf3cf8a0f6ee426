import { open, readFile, rename, rm } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { differences, type Fingerprint } from './fingerprint.js';

/** Where a training stands, between two steps. */
export interface Checkpoint {
  readonly fingerprint: Fingerprint;
  /** Steps made. */
  readonly step: number;
  /** Epoch that the next step belongs to, from 1. */
  readonly epoch: number;
  /** Batches of that epoch that were trained on. */
  readonly batches: number;
  /** The random numbers: of the order as this epoch began, and of what is dropped as they stand. */
  readonly order: number;
  readonly dropout: number;
  /** Variables of the network, its average and the optimiser, in the order in which they were made. */
  readonly variables: readonly Float32Array[];
}

const headerSchema = z.strictObject({
  format: z.literal(1),
  fingerprint: z.record(z.string(), z.string()),
  step: z.number().int().nonnegative(),
  epoch: z.number().int().positive(),
  batches: z.number().int().nonnegative(),
  order: z.number().int().nonnegative(),
  dropout: z.number().int().nonnegative(),
  /** Values of each variable. */
  sizes: z.array(z.number().int().nonnegative()),
});

/**
 * Writes a checkpoint so that a reader, and a machine that loses power, finds the old one or the new one whole:
 * one line of JSON, then the variables' float32 values.
 */
export async function writeCheckpoint(file: string, checkpoint: Checkpoint): Promise<void> {
  const { variables, ...position } = checkpoint;
  const header: z.infer<typeof headerSchema> = {
    format: 1,
    ...position,
    sizes: variables.map(({ length }) => length),
  };
  const handle = await open(`${file}.new`, 'w');
  try {
    await handle.writeFile(`${JSON.stringify(header)}\n`);
    for (const { buffer, byteOffset, byteLength } of variables) {
      await handle.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}

/**
 * @returns undefined where there is none
 * @throws SentifluxError SF_TRAIN_CHECKPOINT_MISMATCH where the file holds something else
 */
export async function readCheckpoint(file: string): Promise<Checkpoint | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw mismatch(file, `cannot be read: ${messageOf(cause)}`, cause);
  }
  const end = bytes.indexOf('\n');
  const { format, sizes, ...position } = parseHeader(file, bytes.subarray(0, Math.max(0, end)));
  // A copy at offset 0 of its own buffer: a Float32Array needs an aligned start.
  const { buffer } = new Uint8Array(bytes.subarray(end + 1));
  if (buffer.byteLength !== 4 * sizes.reduce((sum, size) => sum + size, 0)) {
    throw mismatch(file, 'is cut short');
  }
  let offset = 0;
  const variables = sizes.map((size) => {
    const values = new Float32Array(buffer, offset, size);
    offset += values.byteLength;
    return values;
  });
  return { ...position, variables };
}

export async function removeCheckpoint(file: string): Promise<void> {
  await rm(file, { force: true });
  await rm(`${file}.new`, { force: true });
}

/** @throws SentifluxError SF_TRAIN_CHECKPOINT_MISMATCH where the checkpoint is another training's */
export function checkFingerprint(file: string, { fingerprint }: Checkpoint, now: Fingerprint): void {
  const different = differences(fingerprint, now);
  if (different.length > 0) throw mismatch(file, `is of another training: ${different.join('; ')}`);
}

function parseHeader(file: string, line: Buffer): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(line.toString('utf8')));
  } catch (cause) {
    throw mismatch(file, 'is no checkpoint of this version', cause);
  }
}

function mismatch(file: string, problem: string, cause?: unknown): SentifluxError {
  return new SentifluxError('SF_TRAIN_CHECKPOINT_MISMATCH', `the checkpoint ${file} ${problem}.`, {
    hint: 'Train as it was begun, or leave --resume out to begin anew.',
    cause,
  });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
