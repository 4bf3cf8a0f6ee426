import { z } from 'zod';
import { messageOf } from '../contracts/errors.js';
import type { Vocabulary } from '../model/vocabulary.js';
import { invalid, readCompressed } from './read-file.js';

const headerSchema = z.strictObject({
  width: z.number().int().positive(),
  scale: z.number().positive(),
  pieces: z.array(z.string()),
});

/**
 * Where the embedding of known pieces begins: what a larger model, trained on far more text, knows of them.
 *
 * The file (`.gz`, if its name ends so) is one line of JSON, `{width, scale, pieces}`, and then a row of `width` signed bytes for each piece;
 * a value is byte · scale. Pieces that the vocabulary lacks are left out, and those that the file lacks keep the
 * noise that they began with.
 *
 * @param embedding [vocabulary, width], is filled
 * @returns how many pieces were found
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readInitialEmbedding(
  file: string,
  vocabulary: Vocabulary,
  width: number,
  embedding: Float32Array,
): Promise<number> {
  const bytes = await readCompressed(file, 'initial embedding');
  const end = bytes.indexOf('\n');
  const header = parseHeader(bytes.subarray(0, Math.max(end, 0)).toString('utf8'), file);
  if (header.width !== width) {
    throw invalid(
      `${file} holds rows of ${header.width}, the network's have ${width}`,
      'Give both one width.',
    );
  }
  const values = new Int8Array(bytes.buffer, bytes.byteOffset + end + 1, bytes.length - end - 1);
  if (values.length !== header.pieces.length * width) {
    throw invalid(
      `${file} is cut short: ${values.length} values for ${header.pieces.length} pieces`,
      'Copy it again.',
    );
  }
  let found = 0;
  header.pieces.forEach((piece, row) => {
    const id = vocabulary.idOf(piece);
    if (id === undefined) return;
    found += 1;
    for (let i = 0; i < width; i += 1)
      embedding[id * width + i] = (values[row * width + i] ?? 0) * header.scale;
  });
  return found;
}

function parseHeader(line: string, file: string): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(line));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw invalid(`${file} is no initial embedding: ${problem}`, 'Make it again with make soft-labels.');
  }
}
