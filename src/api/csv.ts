import type { FastifyReply, FastifyRequest } from 'fastify';

export type CsvCell = string | number | boolean | undefined | null;

/** A column's name, and what stands in it for a row. */
export type CsvColumns<Row> = Readonly<Record<string, (row: Row) => CsvCell>>;

/** Comma-separated values (RFC 4180) with a line of names. */
export function toCsv<Row>(columns: CsvColumns<Row>, rows: readonly Row[]): string {
  const cells = Object.values(columns);
  const lines = [Object.keys(columns), ...rows.map((row) => cells.map((cell) => cell(row)))];
  return lines.map((line) => `${line.map(toField).join(',')}\r\n`).join('');
}

/**
 * Text that a spreadsheet would take for a formula gets an apostrophe before it (OWASP, CSV Injection): brands, rules
 * and names of people are what others have written. Numbers stay numbers.
 */
function toField(cell: CsvCell): string {
  if (typeof cell !== 'string') return String(cell ?? '');
  const text = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A time as spreadsheets and people read it. */
export const csvTime = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/** Whether a request wants CSV: by `format`, or else by its `Accept` header. */
export function wantsCsv({ headers }: FastifyRequest, format: 'json' | 'csv' | undefined): boolean {
  return format === undefined ? /^\s*text\/csv\b/i.test(headers.accept ?? '') : format === 'csv';
}

/** @param name of the file that a browser saves */
export function sendCsv(reply: FastifyReply, name: string, csv: string): FastifyReply {
  return reply
    .headers({ 'content-disposition': `attachment; filename="${name}.csv"`, vary: 'accept' })
    .type('text/csv; charset=utf-8; header=present')
    .send(csv);
}
