import { readFile } from 'node:fs/promises';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { LABELS, type Label } from '../contracts/labels.js';
import type { DataSource } from './recipe.js';

export interface LabelledRow {
  readonly label: Label;
  readonly text: string;
}

export interface LabelledRows {
  readonly rows: readonly LabelledRow[];
  /** Rows with another label, or none. */
  readonly skipped: number;
}

/**
 * Reads the rows of a TSV file whose label is one of the three.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID where the file cannot be read, has no column for the label or the
 *   text, or no row with a label
 */
export async function readLabelledRows(source: DataSource): Promise<LabelledRows> {
  let content: string;
  try {
    content = await readFile(source.file, 'utf8');
  } catch (cause) {
    throw invalid(`cannot read ${source.file}: ${messageOf(cause)}`, 'Check the path.');
  }
  return parseLabelledRows(content, source);
}

export function parseLabelledRows(content: string, source: DataSource): LabelledRows {
  const lines = content.replace(/^\ufeff/, '').split(/\r?\n/);
  const header = (lines.shift() ?? '').split('\t').map((column) => column.trim());
  const column = (name: string): number => {
    const index = header.indexOf(name);
    if (index >= 0) return index;
    throw invalid(
      `${source.file} has no column "${name}", only ${JSON.stringify(header)}`,
      'Give it a header line with the columns label and text, separated by tabs.',
    );
  };
  const [labelAt, textAt] = [column('label'), column('text')];
  const only = Object.entries(source.only).map(([name, values]) => ({
    at: column(name),
    values: new Set(values),
  }));
  const except = Object.entries(source.except).map(([name, values]) => ({
    at: column(name),
    values: new Set(values),
  }));

  const rows: LabelledRow[] = [];
  let skipped = 0;
  for (const line of lines) {
    if (line === '') continue;
    const cells = line.split('\t');
    if (only.some(({ at, values }) => !values.has(cells[at] ?? ''))) continue;
    if (except.some(({ at, values }) => values.has(cells[at] ?? ''))) continue;
    const label = LABELS.find((name) => name === cells[labelAt]?.trim());
    const text = cells[textAt]?.trim() ?? '';
    if (label === undefined || text === '') skipped += 1;
    else rows.push({ label, text });
  }
  if (rows.length === 0) {
    throw invalid(
      `${source.file} has no row with a label (${skipped} rows have another one or no text)`,
      `Labels are ${LABELS.join(', ')}.`,
    );
  }
  return { rows, skipped };
}

export function invalid(problem: string, hint: string): SentifluxError {
  return new SentifluxError('SF_TRAIN_DATA_INVALID', `${problem}.`, { hint });
}
