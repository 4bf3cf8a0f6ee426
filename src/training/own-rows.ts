import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { LABELS } from '../contracts/labels.js';
import { type CheckedRow, type CheckedRows, checkLabels, labelledRowsOf } from './check-labels.js';
import type { Random } from './random.js';
import { readTable } from './read-table.js';
import { splitRows } from './split-rows.js';

/** Share of the rows that training is tuned on: the temperature is fitted there, and the epochs are watched. */
const TUNING_SHARE = 0.1;
/** Share of the rows that a model is measured on before and after. */
const HELD_BACK_SHARE = 0.2;

/** Rows in the parts that a training wants them in. */
export interface RowParts {
  readonly training: readonly CheckedRow[];
  readonly tuning: readonly CheckedRow[];
  /** Rows that figures are quoted from: nothing is fitted on them. */
  readonly heldBack: readonly CheckedRow[];
}

/**
 * Reads and checks the labelled rows of a user's files.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readOwnRows(
  files: readonly string[],
  normalise: (text: string) => string,
): Promise<CheckedRows> {
  const read = await Promise.all(
    files.map(async (file) => labelledRowsOf(await readTable(file), basename(file))),
  );
  const rows = read.flatMap((one) => one.rows);
  const notes = read.flatMap((one) => one.notes);
  return {
    rows,
    notes: [...notes, ...checkLabels(rows, files.map((file) => basename(file)).join(', '), normalise)],
  };
}

/** Rows to measure on only: few of them, or of one label, are no reason to refuse. */
export async function readHeldBackRows(file: string): Promise<CheckedRows> {
  return labelledRowsOf(await readTable(file), basename(file));
}

/** @param heldBack a number of rows of their own, or whether to hold a part of these back */
export function partsOf(
  rows: readonly CheckedRow[],
  heldBack: readonly CheckedRow[] | boolean,
  random: Random,
): RowParts {
  const reported =
    heldBack === true
      ? splitRows(rows, HELD_BACK_SHARE, random)
      : { taken: heldBack === false ? [] : heldBack, left: rows };
  const tuned = splitRows(reported.left, TUNING_SHARE, random);
  return { training: tuned.left, tuning: tuned.taken, heldBack: reported.taken };
}

/** Writes rows as a data file of a recipe. */
export async function writeRows(file: string, rows: readonly CheckedRow[]): Promise<void> {
  const lines = rows.map(({ label, text }) => `${label}\t${text.replace(/\s+/g, ' ')}`);
  await writeFile(file, `label\ttext\n${lines.join('\n')}\n`);
}

/** Such as `120 negative, 300 positive`. */
export function countsOf(rows: readonly CheckedRow[]): string {
  return LABELS.map((label) => `${rows.filter((row) => row.label === label).length} ${label}`)
    .filter((phrase) => !phrase.startsWith('0 '))
    .join(', ');
}

/** Eight hexadecimal digits that tell one set of rows from another. */
export function digestOf(rows: readonly CheckedRow[]): string {
  const hash = createHash('sha256');
  for (const { label, text } of rows) hash.update(`${label}\t${text}\n`);
  return hash.digest('hex').slice(0, 8);
}
