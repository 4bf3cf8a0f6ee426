import type { RecordHeaders } from '../../contracts/record.js';
import { type BatchPlace, brokenRecords } from './broken-records.js';
import { NULL_LENGTH } from './record-batch-layout.js';

/** What the head of a record batch says of its records. Times are in ms since the epoch. */
export interface RecordsHead {
  readonly place: BatchPlace;
  readonly lastOffset: number;
  readonly count: number;
  readonly firstTimestamp: number;
  /** Where the broker sets the time: that of all records. */
  readonly logAppendTime: number | undefined;
}

/** A record without key, value and headers: its length, its attributes and five numbers, each of one byte. */
const LEAST_RECORD_BYTES = 7;
/** Of a number of 64 bits, seven bits a byte. */
const MOST_VARINT_BYTES = 10;

/**
 * Reads the records of one batch of format 2 (https://kafka.apache.org/documentation/#record), one after the other, without
 * an object for each: `next` moves to a record, and the fields tell of it until it is called again.
 */
export class RecordReader {
  /** The records. No Buffer: its parts would be Buffers, which take longer to make. */
  readonly bytes: Uint8Array;
  readonly #text: Buffer;
  readonly #head: RecordsHead;
  /** Records that are not read yet. */
  left: number;
  offset = 0;
  /** In ms since the epoch. */
  timestamp = 0;
  keyFrom = 0;
  /** −1: the key is null. */
  keyLength = 0;
  valueFrom = 0;
  /** −1: the value is null. */
  valueLength = 0;
  /** Copies: a view would keep a whole fetch alive. */
  headers: RecordHeaders | undefined;
  #at = 0;
  #recordEnd = 0;
  #leastOffset: number;

  /**
   * @param bytes what follows the head of the batch, not compressed
   * @throws SentifluxError SF_STREAM_CRASHED where there cannot be as many records as the head says
   */
  constructor(bytes: Buffer, head: RecordsHead) {
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#text = bytes;
    this.#head = head;
    this.left = head.count;
    this.#leastOffset = head.place.offset;
    // What is allocated for them later has the size of what was sent.
    if (head.count > bytes.length / LEAST_RECORD_BYTES)
      throw this.#broken(`${head.count} records in ${bytes.length} bytes`);
  }

  /** @throws SentifluxError SF_STREAM_CRASHED where what follows is no record */
  next(): void {
    const { place, lastOffset, firstTimestamp, logAppendTime } = this.#head;
    this.#recordEnd = this.bytes.length;
    const length = this.#varint();
    if (length < 0 || length > this.bytes.length - this.#at)
      throw this.#broken(`a record of ${length} bytes`);
    this.#recordEnd = this.#at + length;
    // Attributes, of which there are none.
    this.#at += 1;
    const timestampDelta = this.#varint();
    this.timestamp = logAppendTime ?? firstTimestamp + timestampDelta;
    this.left -= 1;
    this.#noteOffset(place.offset + this.#varint(), lastOffset - this.left);
    this.keyLength = this.#length();
    this.keyFrom = this.#pass(this.keyLength);
    this.valueLength = this.#length();
    this.valueFrom = this.#pass(this.valueLength);
    const headerCount = this.#varint();
    if (headerCount < 0) throw this.#broken(`a record with ${headerCount} headers`);
    this.headers = headerCount === 0 ? undefined : this.#readHeaders(headerCount);
    if (this.#at !== this.#recordEnd) throw this.#broken('a record does not end where it says');
  }

  /** Passes over records below an offset. */
  skipTo(offset: number): void {
    while (this.left > 0) {
      const [at, left, leastOffset] = [this.#at, this.left, this.#leastOffset];
      this.next();
      if (this.offset < offset) continue;
      [this.#at, this.left, this.#leastOffset] = [at, left, leastOffset];
      return;
    }
  }

  /**
   * Offsets ascend up to the batch's last one. Brokers do not compare what a producer wrote into a batch without
   * compression: where it is out of order, a record has the next offset, as it has for the broker.
   */
  #noteOffset(written: number, most: number): void {
    this.offset = Math.min(Math.max(written, this.#leastOffset), most);
    this.#leastOffset = this.offset + 1;
  }

  /** As kafkajs has it: of several headers with one name the last value counts; null is empty. */
  #readHeaders(count: number): RecordHeaders {
    const entries: Array<[string, Uint8Array]> = [];
    for (let i = 0; i < count; i += 1) {
      const nameLength = this.#length();
      if (nameLength === NULL_LENGTH) throw this.#broken('a header without a name');
      const nameFrom = this.#pass(nameLength);
      const name = this.#text.toString('utf8', nameFrom, nameFrom + nameLength);
      const length = this.#length();
      const from = this.#pass(length);
      entries.push([name, this.bytes.slice(from, from + Math.max(0, length))]);
    }
    return Object.fromEntries(entries);
  }

  /** The length of what follows. */
  #length(): number {
    const length = this.#varint();
    if (length < NULL_LENGTH || length > this.#recordEnd - this.#at)
      throw this.#broken(`a key, value or header of ${length} bytes`);
    return length;
  }

  /** Moves behind a part, and tells where it begins. */
  #pass(length: number): number {
    const from = this.#at;
    if (length > 0) this.#at += length;
    return from;
  }

  /** Seven bits a byte, the lowest first; the last bit of the number tells whether it is negative ("zigzag"). */
  #varint(): number {
    let value = 0;
    // Not shifts: times apart take more than their 32 bits.
    let scale = 1;
    for (let i = 0; i < MOST_VARINT_BYTES && this.#at < this.#recordEnd; i += 1) {
      const byte = this.bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 0x80;
    }
    throw this.#broken('a record with a number that does not end');
  }

  #broken(what: string): Error {
    return brokenRecords(this.#head.place, what);
  }
}
