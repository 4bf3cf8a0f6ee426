import { groupBy } from '../contracts/group-by.js';
import { LABELS, type Label } from '../contracts/labels.js';
import { invalid } from './read-file.js';
import type { Table } from './read-table.js';

/** A post that its owner has labelled. */
export interface CheckedRow {
  readonly file: string;
  readonly line: number;
  readonly label: Label;
  readonly text: string;
}

export interface CheckedRows {
  readonly rows: readonly CheckedRow[];
  /** What the owner should know, as sentences. */
  readonly notes: readonly string[];
}

/** Below this a label is not learnt at all, and below that not well. */
const FEWEST_OF_A_LABEL = 10;
const FEW_OF_A_LABEL = 30;
/** From this many times as many rows of one label as of another, the owner is told. */
const UNBALANCED = 5;
/** Share of rows whose text stands elsewhere with another label: above it the labels say little. */
const MOST_CONTRADICTIONS = 0.2;
/** Lines that a message names. */
const NAMED_LINES = 3;

/** What other programs call the labels. */
const SYNONYMS: Readonly<Record<string, Label>> = {
  '-1': 'negative',
  neg: 'negative',
  n: 'negative',
  bad: 'negative',
  neu: 'neutral',
  none: 'neutral',
  mixed: 'neutral',
  '1': 'positive',
  '+1': 'positive',
  pos: 'positive',
  p: 'positive',
  good: 'positive',
};

/**
 * Takes the labelled rows from a table. Labels are read without regard to case; a row whose label is empty or `-`
 * is left out.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID for a missing column and for labels of another kind
 */
export function labelledRowsOf({ columns, rows }: Table, file: string): CheckedRows {
  const [labelAt, textAt] = [columnOf('label', columns, file), columnOf('text', columns, file)];
  const read = rows.map(({ line, cells }) => ({
    line,
    written: (cells[labelAt] ?? '').trim(),
    text: (cells[textAt] ?? '').trim(),
  }));
  const isNamed = ({ written, text }: { written: string; text: string }): boolean =>
    written !== '' && written !== '-' && text !== '';
  const named = read.filter(isNamed).map((row) => ({ ...row, label: labelNamed(row.written) }));
  refuseUnknown(named, file);
  const otherCase = named.filter(({ label, written }) => label !== written);
  const notes: string[] = [];
  if (named.length < read.length) {
    notes.push(`${file}: ${read.length - named.length} rows without a label or a text are left out.`);
  }
  if (otherCase.length > 0) {
    notes.push(
      `${file}: ${otherCase.length} labels are read without regard to case, such as ${otherCase[0]?.written}.`,
    );
  }
  const kept = named.flatMap(({ line, label, text }) =>
    label === undefined ? [] : [{ file, line, label, text }],
  );
  return { rows: kept, notes };
}

/**
 * Checks that rows can be learnt from.
 *
 * @param file what to call them: the name of their file, if they come from one
 * @param normalise makes texts alike that the network cannot tell apart
 * @returns what to mind, as sentences
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export function checkLabels(
  rows: readonly CheckedRow[],
  file: string,
  normalise: (text: string) => string,
): readonly string[] {
  const counts = LABELS.map((label) => ({ label, count: rows.filter((row) => row.label === label).length }));
  const present = counts.filter(({ count }) => count > 0);
  if (present.length === 0) {
    throw invalid(`${file} has no row with a label and a text`, `Labels are ${LABELS.join(', ')}.`);
  }
  if (present.length === 1) {
    throw invalid(
      `all ${rows.length} rows of ${file} are ${present[0]?.label}`,
      'Add rows of the other labels: there is nothing to tell apart.',
    );
  }
  const named = present.map(({ label, count }) => `${count} ${label}`).join(', ');
  const scarce = present.filter(({ count }) => count < FEWEST_OF_A_LABEL);
  if (scarce.length > 0) {
    throw invalid(
      `${file} has too few rows of a label (${named})`,
      `Give each label at least ${FEWEST_OF_A_LABEL} rows, better ${FEW_OF_A_LABEL} and more.`,
    );
  }
  const notes = contradictions(rows, file, normalise);
  if (!present.some(({ label }) => label === 'neutral')) {
    notes.push(`${file} has no neutral row: the other two are told apart, and nothing is learnt of neutral.`);
  }
  for (const { label, count } of present) {
    if (count < FEW_OF_A_LABEL) notes.push(`${file} has only ${count} ${label} rows: few to learn from.`);
  }
  const [least, most] = [Math.min, Math.max].map((pick) => pick(...present.map(({ count }) => count)));
  if (least !== undefined && most !== undefined && most >= UNBALANCED * least) {
    const shares = present.map(({ label, count }) => `${Math.round((100 * count) / rows.length)} % ${label}`);
    notes.push(`${file} is unbalanced (${shares.join(', ')}): rarer labels are given more weight.`);
  }
  return notes;
}

function columnOf(name: string, columns: readonly string[], file: string): number {
  const index = columns.findIndex((column) => column.toLowerCase() === name);
  if (index >= 0) return index;
  const seen = columns.map((column) => `"${column}"`).join(', ');
  const [only = ''] = columns;
  const isOtherwiseSeparated = columns.length === 1 && /[,;]/.test(only);
  throw invalid(
    `${file} has no column "${name}", but ${seen}`,
    isOtherwiseSeparated
      ? 'Its columns are not separated by tabs: if it is a CSV file, let its name end in .csv (and separate by commas).'
      : 'Give it a header line with the columns label and text.',
  );
}

function labelNamed(written: string): Label | undefined {
  return LABELS.find((label) => label === written.toLowerCase());
}

function refuseUnknown(
  rows: readonly { readonly line: number; readonly written: string; readonly label: Label | undefined }[],
  file: string,
): void {
  const linesOf = new Map<string, number[]>();
  for (const { line, written, label } of rows) {
    if (label !== undefined) continue;
    linesOf.set(written, [...(linesOf.get(written) ?? []).slice(0, NAMED_LINES), line]);
  }
  if (linesOf.size === 0) return;
  const all = [...linesOf];
  const phrases = all.slice(0, NAMED_LINES).map(([written, lines]) => {
    const nearest = nearestLabel(written);
    const guess = nearest === undefined ? '' : ` (${nearest}?)`;
    return `"${written.slice(0, 40)}"${guess} in ${lineList(lines)}`;
  });
  const more = all.length > NAMED_LINES ? `, and ${all.length - NAMED_LINES} others` : '';
  throw invalid(
    `${file} has labels of another kind: ${phrases.join(', ')}${more}`,
    `Labels are ${LABELS.join(', ')}; empty the label of a row to leave it out.`,
  );
}

/** The label that was probably meant; none where nothing is near. */
function nearestLabel(written: string): Label | undefined {
  const word = written.toLowerCase();
  if (Object.hasOwn(SYNONYMS, word)) return SYNONYMS[word];
  const near = LABELS.map((label) => ({ label, distance: editDistance(word, label) }));
  return near.filter(({ distance }) => distance <= 3).sort((a, b) => a.distance - b.distance)[0]?.label;
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  [...a].forEach((character, i) => {
    const row = [i + 1];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (b[j - 1] === character ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  });
  return previous[b.length] ?? 0;
}

function contradictions(
  rows: readonly CheckedRow[],
  file: string,
  normalise: (text: string) => string,
): string[] {
  const byText = groupBy(rows, ({ text }) => normalise(text));
  const doubtful = [...byText.values()].filter((same) => new Set(same.map(({ label }) => label)).size > 1);
  if (doubtful.length === 0) return [];
  const lines = doubtful.flat();
  const problem = `${file} gives the same text different labels in ${lines.length} rows (${placesOf(lines)})`;
  if (lines.length > MOST_CONTRADICTIONS * rows.length) {
    throw invalid(problem, 'Decide for one label each: so many contradictions teach nothing.');
  }
  return [`${problem}.`];
}

/** The first lines, with their files' names where there are several. */
function placesOf(rows: readonly CheckedRow[]): string {
  if (new Set(rows.map(({ file }) => file)).size === 1) return lineList(rows.map(({ line }) => line));
  const named = rows.slice(0, NAMED_LINES).map(({ file, line }) => `${file} line ${line}`);
  return `${named.join(', ')}${rows.length > NAMED_LINES ? ' …' : ''}`;
}

/** Such as `line 3, 9, 14 …`. */
function lineList(lines: readonly number[]): string {
  const sorted = [...lines].sort((a, b) => a - b);
  return `line ${sorted.slice(0, NAMED_LINES).join(', ')}${sorted.length > NAMED_LINES ? ' …' : ''}`;
}
