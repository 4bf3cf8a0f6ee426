import type { HeaderColumn, OutputBatch } from '../../contracts/output-batch.js';
import { KEY_IS_NULL, VALUE_IS_NULL } from '../../contracts/record.js';
import { copyBytes } from './copy-bytes.js';
import { NULL_LENGTH } from './record-batch-layout.js';
import { bytesSize, headSize, type RecordBodies, writeBytes, writeHead } from './record-bytes.js';
import { varintSize, writeVarint } from './varint.js';

/** Records that are packed: written from there, without an object for any of them. */
export class PackedRecords implements RecordBodies {
  readonly #batch: OutputBatch;
  readonly #now: number;
  readonly #headers: readonly HeaderBytes[];

  /** @param now in ms since the epoch: the time of records that have none */
  constructor(batch: OutputBatch, now: number) {
    this.#batch = batch;
    this.#now = now;
    this.#headers = headerBytesOf(batch.headers);
  }

  get length(): number {
    return this.#batch.length;
  }

  timestampAt(i: number): number {
    const { timestamps } = this.#batch;
    return timestamps === undefined ? this.#now : (timestamps[i] ?? 0);
  }

  bodySize(i: number, timestampDelta: number, offsetDelta: number): number {
    const { boundaries, nulls } = this.#batch;
    const start = boundaries[2 * i] ?? 0;
    const middle = boundaries[2 * i + 1] ?? 0;
    const end = boundaries[2 * i + 2] ?? 0;
    const absent = nulls[i] ?? 0;
    let size = headSize(timestampDelta, offsetDelta);
    size += partSize(middle - start, absent & KEY_IS_NULL) + partSize(end - middle, absent & VALUE_IS_NULL);
    let count = 0;
    for (const { headers, bytes, numbers, present } of this.#headers) {
      if (present?.[i] === 0) continue;
      count += headers;
      size += bytes.length + (numbers === undefined ? 0 : digitsSize(numbers[i] ?? 0));
    }
    return size + varintSize(count);
  }

  writeBody(into: Buffer, at: number, i: number, timestampDelta: number, offsetDelta: number): number {
    const { bytes, boundaries, nulls } = this.#batch;
    const start = boundaries[2 * i] ?? 0;
    const middle = boundaries[2 * i + 1] ?? 0;
    const end = boundaries[2 * i + 2] ?? 0;
    const absent = nulls[i] ?? 0;
    let next = writeHead(into, at, timestampDelta, offsetDelta);
    next = writePart(into, next, bytes, start, middle, absent & KEY_IS_NULL);
    next = writePart(into, next, bytes, middle, end, absent & VALUE_IS_NULL);
    let count = 0;
    for (const { headers, present } of this.#headers) if (present?.[i] !== 0) count += headers;
    next = writeVarint(into, next, count);
    for (const { bytes: known, numbers, present } of this.#headers) {
      if (present?.[i] === 0) continue;
      next = copyBytes(into, next, known, 0, known.length);
      if (numbers !== undefined) next = writeDigits(into, next, numbers[i] ?? 0);
    }
    return next;
  }
}

/** Headers one after the other: bytes that are the same for all records, and at the end perhaps a number of each one's. */
interface HeaderBytes {
  /** How many they are. */
  readonly headers: number;
  readonly bytes: Buffer;
  readonly numbers?: Float64Array;
  readonly present?: Uint8Array;
}

function headerBytesOf(columns: readonly HeaderColumn[]): readonly HeaderBytes[] {
  const all: HeaderBytes[] = [];
  for (const { name, values, present } of columns) {
    const bytes = typeof values === 'string' ? [textBytes(name), textBytes(values)] : [textBytes(name)];
    const last = all.at(-1);
    const follows = last !== undefined && last.numbers === undefined && last.present === undefined;
    // What all records have, up to the next number, is copied in one go.
    const joined = follows && present === undefined ? all.pop() : undefined;
    all.push({
      headers: 1 + (joined?.headers ?? 0),
      bytes: Buffer.concat(joined === undefined ? bytes : [joined.bytes, ...bytes]),
      ...(typeof values !== 'string' && { numbers: values }),
      ...(present && { present }),
    });
  }
  return all;
}

/** A text with its length before it. */
function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  const whole = Buffer.alloc(bytesSize(bytes));
  writeBytes(whole, 0, bytes);
  return whole;
}

function partSize(length: number, isNull: number): number {
  return isNull !== 0 ? 1 : varintSize(length) + length;
}

function writePart(
  into: Buffer,
  at: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  isNull: number,
): number {
  if (isNull !== 0) return writeVarint(into, at, NULL_LENGTH);
  return copyBytes(into, writeVarint(into, at, to - from), bytes, from, to);
}

const ZERO = 48;
const MINUS = 45;

function digitsOf(value: number): number {
  let digits = value < 0 ? 2 : 1;
  for (let rest = Math.abs(value); rest >= 10; rest = Math.floor(rest / 10)) digits += 1;
  return digits;
}

/** Of a whole number in decimal digits, with their count before them. */
function digitsSize(value: number): number {
  const digits = digitsOf(value);
  return varintSize(digits) + digits;
}

function writeDigits(into: Buffer, at: number, value: number): number {
  const digits = digitsOf(value);
  const first = writeVarint(into, at, digits);
  const end = first + digits;
  let rest = Math.abs(value);
  for (let index = end - 1; index >= first; index -= 1) {
    const tens = Math.floor(rest / 10);
    // The difference first: what is added to a number near 2^53 is rounded.
    into[index] = ZERO + (rest - 10 * tens);
    rest = tens;
  }
  if (value < 0) into[first] = MINUS;
  return end;
}
