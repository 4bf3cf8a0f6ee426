import type { RecordHeaders, SourceRecord } from '../contracts/record.js';
import type { DeadLetter } from '../pipelines/dead-letter-survey.js';
import { aligned, printable, shown } from './table.js';

const MESSAGE_CHARACTERS = 60;
const TEXT_CHARACTERS = 80;
const BYTES_A_LINE = 16;

/** One line of JSON for a dead letter. */
export function deadLetterLine({ timestamp, ...letter }: DeadLetter): string {
  return JSON.stringify({ ...letter, time: new Date(timestamp).toISOString() });
}

/** Dead letters as a table with a line each. */
export function deadLetterTable(letters: readonly DeadLetter[], withText: boolean): string {
  const titles = ['place', 'time', 'stage', 'code', 'source', 'redriven', 'message'];
  const rows = letters.map(({ partition, offset, timestamp, stage, code, message, text, ...letter }) => [
    `${partition}:${offset}`,
    new Date(timestamp).toISOString(),
    shown(stage),
    shown(code),
    sourceOf(letter),
    letter.redriven ? 'yes' : 'no',
    shown(message, MESSAGE_CHARACTERS),
    ...(withText ? [shown(text, TEXT_CHARACTERS)] : []),
  ]);
  return aligned([withText ? [...titles, 'text'] : titles, ...rows]);
}

function sourceOf({ source }: Pick<DeadLetter, 'source'>): string {
  if (source === undefined) return '-';
  const { topic, partition = '?', offset = '?' } = source;
  return `${printable(topic)} ${partition}:${offset}`;
}

/** A whole record: where it is, its key, its headers and its value. */
export function deadLetterPage(record: SourceRecord, forceHex: boolean): string {
  const { topic, partition, offset, timestamp, key, value, headers } = record;
  return [
    `place      ${topic} ${partition}:${offset}`,
    `time       ${new Date(timestamp).toISOString()}`,
    `key        ${inOneLine(key)}`,
    'headers',
    ...headerLines(headers),
    `value      ${value === null ? 'null' : `${value.length} bytes`}`,
    ...(value === null || value.length === 0 ? [] : [bodyOf(value, forceHex)]),
  ].join('\n');
}

function headerLines(headers: RecordHeaders = {}): readonly string[] {
  const names = Object.keys(headers);
  if (names.length === 0) return ['  none'];
  return aligned(names.map((name) => [`  ${printable(name)}`, inOneLine(headers[name] ?? null)])).split('\n');
}

function inOneLine(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null';
  const text = textOf(bytes);
  return text === undefined ? `hex ${Buffer.from(bytes).toString('hex')}` : printable(text);
}

function bodyOf(value: Uint8Array, forceHex: boolean): string {
  const text = forceHex ? undefined : textOf(value);
  return text === undefined || /[^\P{Cc}\t\n\r]/u.test(text) ? hexDump(value) : text;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const row = Buffer.from(bytes.subarray(at, at + BYTES_A_LINE));
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const ascii = row.toString('latin1').replaceAll(/[^\x20-\x7e]/g, '.');
    lines.push(
      `${at.toString(16).padStart(8, '0')}  ${hex.padEnd(3 * BYTES_A_LINE - 1)}  ${ascii}`.trimEnd(),
    );
  }
  return lines.join('\n');
}
