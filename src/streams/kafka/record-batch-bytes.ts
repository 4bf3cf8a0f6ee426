import type { OutputRecord, RecordHeaders } from '../../contracts/record.js';
import { crc32c } from './crc32c.js';

/** Whose records they are, where a broker is to know it; of a producer without a transaction the id is −1. */
export interface BatchProducer {
  readonly id: bigint;
  readonly epoch: number;
  /** Of the first record. */
  readonly sequence: number;
  readonly isTransactional: boolean;
}

const MAGIC = 2;
const TRANSACTIONAL = 16;
/** Before the records; offset and length of the batch, and what its checksum covers, begin at these bytes. */
const HEAD_BYTES = 61;
const LENGTH_AT = 8;
const EPOCH_AT = 12;
const CHECKSUM_AT = 17;
const CHECKED_FROM = 21;

/** Longer runs of bytes are copied by the runtime, which costs more than a loop over a few. */
const MOST_LOOPED = 32;
const NULL_LENGTH = -1;
const NO_HEADERS: RecordHeaders = {};

/**
 * Records as one batch of Kafka's format 2, without compression
 * (https://kafka.apache.org/documentation/#recordbatch): written once, into memory of its size. kafkajs makes an encoder
 * of half a kilobyte for every record and every header, and cleans it up.
 *
 * @param records one or more, of one partition
 * @param now in ms since the epoch: the time of records that have none
 */
export function recordBatchBytes(
  records: readonly OutputRecord[],
  { id, epoch, sequence, isTransactional }: BatchProducer,
  now: number,
): Buffer {
  const names = new Map<string, Buffer>();
  const timeOf = ({ timestamp }: OutputRecord): number => timestamp ?? now;
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const record of records) {
    first = Math.min(first, timeOf(record));
    last = Math.max(last, timeOf(record));
  }
  const sizes = new Uint32Array(records.length);
  let size = HEAD_BYTES;
  records.forEach((record, i) => {
    const body = bodySize(record, timeOf(record) - first, i, names);
    sizes[i] = body;
    size += varintSize(body) + body;
  });

  const bytes = Buffer.allocUnsafe(size);
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(size - EPOCH_AT, LENGTH_AT);
  bytes.writeInt32BE(0, EPOCH_AT);
  bytes[EPOCH_AT + 4] = MAGIC;
  let at = CHECKED_FROM;
  at = bytes.writeInt16BE(isTransactional ? TRANSACTIONAL : 0, at);
  at = bytes.writeInt32BE(records.length - 1, at);
  at = bytes.writeBigInt64BE(BigInt(first), at);
  at = bytes.writeBigInt64BE(BigInt(last), at);
  at = bytes.writeBigInt64BE(id, at);
  at = bytes.writeInt16BE(epoch, at);
  at = bytes.writeInt32BE(sequence, at);
  at = bytes.writeInt32BE(records.length, at);
  records.forEach((record, i) => {
    at = writeVarint(bytes, at, sizes[i] ?? 0);
    // Attributes, of which there are none.
    bytes[at] = 0;
    at = writeVarint(bytes, at + 1, timeOf(record) - first);
    at = writeVarint(bytes, at, i);
    at = writeBytes(bytes, at, record.key);
    at = writeBytes(bytes, at, record.value);
    const headers = record.headers ?? NO_HEADERS;
    const headerNames = Object.keys(headers);
    at = writeVarint(bytes, at, headerNames.length);
    for (const name of headerNames) {
      at = writeBytes(bytes, at, nameBytes(name, names));
      at = writeBytes(bytes, at, headers[name] ?? null);
    }
  });
  bytes.writeUInt32BE(crc32c(bytes.subarray(CHECKED_FROM)), CHECKSUM_AT);
  return bytes;
}

function bodySize(
  { key, value, headers = NO_HEADERS }: OutputRecord,
  timeDelta: number,
  offsetDelta: number,
  names: Map<string, Buffer>,
): number {
  let size = 1 + varintSize(timeDelta) + varintSize(offsetDelta) + bytesSize(key) + bytesSize(value);
  // Not entries: an array for each header was a quarter of all garbage.
  const headerNames = Object.keys(headers);
  for (const name of headerNames)
    size += bytesSize(nameBytes(name, names)) + bytesSize(headers[name] ?? null);
  return size + varintSize(headerNames.length);
}

/** Records of a batch mostly have the same headers. */
function nameBytes(name: string, names: Map<string, Buffer>): Buffer {
  let bytes = names.get(name);
  if (bytes === undefined) {
    bytes = Buffer.from(name);
    names.set(name, bytes);
  }
  return bytes;
}

function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length;
}

function writeBytes(into: Buffer, at: number, bytes: Uint8Array | null): number {
  if (bytes === null) return writeVarint(into, at, NULL_LENGTH);
  const from = writeVarint(into, at, bytes.length);
  const { length } = bytes;
  if (length > MOST_LOOPED) into.set(bytes, from);
  else for (let i = 0; i < length; i += 1) into[from + i] = bytes[i] ?? 0;
  return from + length;
}

/** A number, and whether it is negative in its last bit ("zigzag"): seven bits a byte, the lowest first. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = zigzag(value); rest >= 0x80; rest = Math.floor(rest / 0x80)) size += 1;
  return size;
}

function writeVarint(into: Buffer, at: number, value: number): number {
  let index = at;
  let rest = zigzag(value);
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) {
    // Times apart take more than the 32 bits of a shift.
    into[index] = (rest % 0x80) | 0x80;
    index += 1;
  }
  into[index] = rest;
  return index + 1;
}
