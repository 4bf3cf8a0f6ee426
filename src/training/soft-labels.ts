import { LABELS } from '../contracts/labels.js';
import { invalid, readCompressed } from './read-file.js';

/** A teacher's logits for one post, by index into `LABELS`. */
export type SoftLabel = readonly number[];

/**
 * Reads what a teacher says of each row of a data file: a TSV (`.gz`, if its name ends so) with the header
 * `negative neutral positive` and a line of three logits for each row of the data, in its order. An empty line
 * says nothing of its row.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readSoftLabels(file: string): Promise<readonly (SoftLabel | undefined)[]> {
  return parseSoftLabels((await readCompressed(file, 'soft labels')).toString('utf8'), file);
}

export function parseSoftLabels(content: string, file: string): readonly (SoftLabel | undefined)[] {
  const [header, ...lines] = content.replace(/\r?\n$/, '').split(/\r?\n/);
  if (header !== LABELS.join('\t')) {
    throw invalid(
      `${file} begins with ${JSON.stringify(header)}`,
      `Soft labels begin with the header ${LABELS.join(', ')}, separated by tabs.`,
    );
  }
  return lines.map((line, index) => {
    if (line === '') return undefined;
    const logits = line.split('\t').map(Number);
    if (logits.length === LABELS.length && logits.every(Number.isFinite)) return logits;
    throw invalid(
      `${file} has ${JSON.stringify(line.slice(0, 80))} in line ${index + 2}`,
      'A line holds three logits, separated by tabs, or nothing.',
    );
  });
}
