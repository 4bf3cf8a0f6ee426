import { LABELS, type Label } from '../contracts/labels.js';
import { invalid, readBytes } from './read-file.js';
import type { DataSource } from './recipe.js';

export interface Row {
  /** Which row of its file, from 0 after the header. */
  readonly row: number;
  readonly label: Label | undefined;
  readonly text: string;
}

export interface LabelledRow extends Row {
  readonly label: Label;
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
  return parseLabelledRows((await readBytes(source.file)).toString('utf8'), source);
}

export function parseLabelledRows(content: string, source: DataSource): LabelledRows {
  const all = parseRows(content, source, ['label', 'text']);
  const rows = all.filter((row): row is LabelledRow => row.label !== undefined && row.text !== '');
  const skipped = all.length - rows.length;
  if (rows.length === 0) {
    throw invalid(
      `${source.file} has no row with a label (${skipped} rows have another one or no text)`,
      `Labels are ${LABELS.join(', ')}.`,
    );
  }
  return { rows, skipped };
}

/** Reads the rows of a TSV file that have a text, with a label or without. */
export async function readRows(source: DataSource): Promise<readonly Row[]> {
  const rows = parseRows((await readBytes(source.file)).toString('utf8'), source, ['text']);
  return rows.filter(({ text }) => text !== '');
}

function parseRows(content: string, source: DataSource, needed: readonly string[]): readonly Row[] {
  const lines = content.replace(/^\ufeff/, '').split(/\r?\n/);
  const header = (lines.shift() ?? '').split('\t').map((column) => column.trim());
  const column = (name: string): number => {
    const index = header.indexOf(name);
    if (index >= 0) return index;
    throw invalid(
      `${source.file} has no column "${name}", only ${JSON.stringify(header)}`,
      `Give it a header line with the columns ${needed.join(' and ')}, separated by tabs.`,
    );
  };
  const labelAt = needed.includes('label') ? column('label') : header.indexOf('label');
  const textAt = column('text');
  const filters = (columns: DataSource['only']) =>
    Object.entries(columns).map(([name, values]) => ({ at: column(name), values: new Set(values) }));
  const [only, except] = [filters(source.only), filters(source.except)];
  const kept = source.part === undefined ? undefined : new Set(source.part.keep);

  return lines.flatMap((line, row): Row[] => {
    if (line === '') return [];
    const cells = line.split('\t');
    if (only.some(({ at, values }) => !values.has(cells[at] ?? ''))) return [];
    if (except.some(({ at, values }) => values.has(cells[at] ?? ''))) return [];
    const text = cells[textAt]?.trim() ?? '';
    if (source.part !== undefined && !kept?.has(textHash(text) % source.part.of)) return [];
    const label = LABELS.find((name) => name === cells[labelAt]?.trim());
    return [{ row, label, text }];
  });
}

/** FNV-1a of 32 bits over the text's UTF-8: says on every machine alike which part a row falls into. */
export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}
