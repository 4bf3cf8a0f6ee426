import type { OutputRecord, RecordHeaders } from '../../contracts/record.js';
import { copyBytes } from './copy-bytes.js';
import { NULL_LENGTH } from './record-batch-layout.js';
import { varintSize, writeVarint } from './varint.js';

/**
 * Records of one batch that are written from where they lie. A body is all of a record but its length, in Kafka's format 2
 * (https://kafka.apache.org/documentation/#record).
 */
export interface RecordBodies {
  readonly length: number;
  /** Of record i, in ms since the epoch. */
  timestampAt(i: number): number;
  /** @param offsetDelta its place in the whole batch */
  bodySize(i: number, timestampDelta: number, offsetDelta: number): number;
  /** @returns where the next byte goes */
  writeBody(into: Buffer, at: number, i: number, timestampDelta: number, offsetDelta: number): number;
}

const NO_HEADERS: RecordHeaders = {};

/** Records that are objects. */
export class SingleRecords implements RecordBodies {
  readonly #records: readonly OutputRecord[];
  readonly #now: number;
  /** Records of a batch mostly have the same headers. */
  readonly #names = new Map<string, Buffer>();

  /** @param now in ms since the epoch: the time of records that have none */
  constructor(records: readonly OutputRecord[], now: number) {
    this.#records = records;
    this.#now = now;
  }

  get length(): number {
    return this.#records.length;
  }

  timestampAt(i: number): number {
    return this.#records[i]?.timestamp ?? this.#now;
  }

  bodySize(i: number, timestampDelta: number, offsetDelta: number): number {
    const { key = null, value = null, headers = NO_HEADERS } = this.#records[i] ?? {};
    let size = headSize(timestampDelta, offsetDelta) + bytesSize(key) + bytesSize(value);
    // Not entries: an array for each header was a quarter of all garbage.
    const names = Object.keys(headers);
    for (const name of names) size += bytesSize(this.#nameBytes(name)) + bytesSize(headers[name] ?? null);
    return size + varintSize(names.length);
  }

  writeBody(into: Buffer, start: number, i: number, timestampDelta: number, offsetDelta: number): number {
    const { key = null, value = null, headers = NO_HEADERS } = this.#records[i] ?? {};
    let at = writeHead(into, start, timestampDelta, offsetDelta);
    at = writeBytes(into, at, key);
    at = writeBytes(into, at, value);
    const names = Object.keys(headers);
    at = writeVarint(into, at, names.length);
    for (const name of names) {
      at = writeBytes(into, at, this.#nameBytes(name));
      at = writeBytes(into, at, headers[name] ?? null);
    }
    return at;
  }

  #nameBytes(name: string): Buffer {
    let bytes = this.#names.get(name);
    if (bytes === undefined) {
      bytes = Buffer.from(name);
      this.#names.set(name, bytes);
    }
    return bytes;
  }
}

export function headSize(timestampDelta: number, offsetDelta: number): number {
  return 1 + varintSize(timestampDelta) + varintSize(offsetDelta);
}

/** What a body begins with. */
export function writeHead(into: Buffer, start: number, timestampDelta: number, offsetDelta: number): number {
  // Attributes, of which there are none.
  into[start] = 0;
  return writeVarint(into, writeVarint(into, start + 1, timestampDelta), offsetDelta);
}

/** Of bytes with their length before them. */
export function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

export function writeBytes(into: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(into, at, NULL_LENGTH);
  return copyBytes(into, writeVarint(into, at, bytes.length), bytes, 0, bytes.length);
}
