import { readFile } from 'node:fs/promises';
import type { SeriesPoint } from '../alerting/backtest.js';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { epochMillis } from '../contracts/ids.js';

/** A series as its file tells it. */
export interface SeriesFile {
  /** The header and the rows, without line ends. */
  readonly header: string;
  readonly rows: readonly string[];
  readonly points: readonly SeriesPoint[];
  /** Apart from each other, but for gaps. */
  readonly intervalMillis: number;
}

/** What the values may be. */
export interface ValueRange {
  readonly least: number;
  readonly most: number;
  /** Whether each row must say how many posts it is of. */
  readonly needsPosts: boolean;
}

/** How far from its place on the grid a time may be, as part of the interval. */
const MOST_JITTER = 0.1;
const TIMESTAMP = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?(?:Z|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads a CSV file with the columns `timestamp` and `value`, and `posts` where values are means. Times without a zone
 * are UTC.
 *
 * @throws SentifluxError SF_INPUT_UNREADABLE, naming the line
 */
export async function readSeries(file: string, range: ValueRange): Promise<SeriesFile> {
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new SentifluxError('SF_INPUT_UNREADABLE', `cannot read ${file}: ${messageOf(cause)}.`, {
      hint: 'Check the path; the file must be UTF-8.',
      cause,
    });
  }
  return parseSeries(content, file, range);
}

/** The same from a file's content, with or without a byte order mark. */
export function parseSeries(content: string, name: string, range: ValueRange): SeriesFile {
  const lines = content.replace(/^\ufeff/, '').split(/\r?\n/);
  while (lines.at(-1)?.trim() === '') lines.pop();
  const [header = '', ...rows] = lines;
  const columns = columnsOf(header, name, range);
  const points = rows.map((row, i) => pointOf(row, i + 2, columns, name, range));
  if (points.length === 0) {
    throw unreadable(`${name} has no rows`, 'Give it a header and a row for each interval.');
  }
  const intervalMillis = intervalOf(points);
  checkGrid(points, intervalMillis, name);
  return { header, rows, points, intervalMillis };
}

interface Columns {
  readonly timestamp: number;
  readonly value: number;
  readonly posts: number;
  readonly count: number;
}

function columnsOf(header: string, name: string, { needsPosts }: ValueRange): Columns {
  const names = cellsOf(header).map((cell) => cell.toLowerCase());
  const [timestamp, value, posts] = ['timestamp', 'value', 'posts'].map((column) => names.indexOf(column));
  const wanted = needsPosts ? 'timestamp, value and posts' : 'timestamp and value';
  const isMissing = [timestamp, value, ...(needsPosts ? [posts] : [])].some(
    (index) => index === undefined || index < 0,
  );
  if (isMissing) {
    throw unreadable(
      `${name}, line 1: the header is ${JSON.stringify(header.slice(0, 100))}`,
      `It must name the columns ${wanted}.`,
    );
  }
  return { timestamp: timestamp ?? -1, value: value ?? -1, posts: posts ?? -1, count: names.length };
}

function pointOf(
  row: string,
  line: number,
  columns: Columns,
  name: string,
  { least, most, needsPosts }: ValueRange,
): SeriesPoint {
  const cells = cellsOf(row);
  const at = `${name}, line ${line}`;
  if (cells.length !== columns.count) {
    throw unreadable(`${at} has ${cells.length} cells, not ${columns.count}`, 'Correct or remove the line.');
  }
  const timestamp = cells[columns.timestamp] ?? '';
  const time = TIMESTAMP.test(timestamp) ? timeOf(timestamp) : Number.NaN;
  if (Number.isNaN(time)) {
    throw unreadable(
      `${at}: ${JSON.stringify(timestamp.slice(0, 60))} is no time`,
      'Write it like 2026-03-01T12:00:00Z or 2026-03-01 12:00:00.',
    );
  }
  const value = numberOf(cells[columns.value]);
  if (!(value >= least && value <= most)) {
    const most_ = Number.isFinite(most) ? `from ${least} to ${most}` : `of ${least} or more`;
    throw unreadable(
      `${at}: the value is ${JSON.stringify(cells[columns.value])}`,
      `It must be a number ${most_}.`,
    );
  }
  const posts = numberOf(cells[columns.posts]);
  if (needsPosts && !(Number.isInteger(posts) && posts >= 0)) {
    throw unreadable(`${at}: posts is ${JSON.stringify(cells[columns.posts])}`, 'It must be a whole number.');
  }
  return { start: epochMillis(time), value, ...(needsPosts && { posts }) };
}

/** A time without a zone is UTC. */
function timeOf(timestamp: string): number {
  const iso = timestamp.replace(' ', 'T');
  const hasClock = iso.includes('T');
  return Date.parse(!hasClock || /(?:Z|[+-]\d{2}:?\d{2})$/.test(iso) ? iso : `${iso}Z`);
}

function numberOf(cell: string | undefined): number {
  return cell === undefined || cell === '' ? Number.NaN : Number(cell);
}

function cellsOf(row: string): readonly string[] {
  return row.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
}

/** The difference that most rows have from the row before; of as frequent ones the shortest. */
function intervalOf(points: readonly SeriesPoint[]): number {
  const counts = new Map<number, number>();
  for (const [i, { start }] of points.entries()) {
    const apart = start - (points[i - 1]?.start ?? start);
    if (apart > 0) counts.set(apart, (counts.get(apart) ?? 0) + 1);
  }
  const ranked = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
  return ranked[0]?.[0] ?? 300_000;
}

function checkGrid(points: readonly SeriesPoint[], interval: number, name: string): void {
  const first = points[0]?.start ?? 0;
  let before = -1;
  for (const [i, { start }] of points.entries()) {
    const at = `${name}, line ${i + 2}`;
    const place = (start - first) / interval;
    const index = Math.round(place);
    if (index <= before) {
      throw unreadable(
        `${at}: ${new Date(start).toISOString()} is not later than the line before`,
        'Sort the rows by time, one for each.',
      );
    }
    if (Math.abs(place - index) > MOST_JITTER) {
      throw unreadable(
        `${at}: ${new Date(start).toISOString()} is between two intervals of ${interval / 1000} s`,
        'Rows must be apart by one interval, or by multiples of it.',
      );
    }
    before = index;
  }
}

function unreadable(problem: string, hint: string): SentifluxError {
  return new SentifluxError('SF_INPUT_UNREADABLE', `${problem}.`, { hint });
}
