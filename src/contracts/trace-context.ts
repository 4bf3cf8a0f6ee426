import type { RecordHeaders } from './record.js';

/** Where a trace stands, as W3C Trace Context writes it: `00-<trace id>-<span id>-<flags>`. */
export type Traceparent = string;

/** Of a record that belongs to a trace (https://www.w3.org/TR/trace-context-kafka/). */
export const TRACE_HEADER = 'traceparent';

export interface TraceContext {
  /** 32 hexadecimal digits, not all 0. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
/** Of version 00. Later ones may be longer, and begin the same. */
const LENGTH = 55;
const MOST_LENGTH = 512;
const SAMPLED = 1;
const DIGIT_9 = 57;

/**
 * Reads a traceparent (https://www.w3.org/TR/trace-context/#traceparent-header).
 *
 * @returns `undefined` for what is none: anybody may have written it
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  if (text.length > MOST_LENGTH) return undefined;
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (text.startsWith('00') && text.length !== LENGTH) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & SAMPLED) !== 0 };
}

export function formatTraceparent({ traceId, spanId, isSampled }: TraceContext): Traceparent {
  return `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`;
}

/** Most posts are traced by nobody, or not sampled: that is told by the last byte, before anything is parsed. */
function isSurelyUnsampled(bytes: Uint8Array): boolean {
  const digit = bytes[LENGTH - 1];
  if (bytes.length !== LENGTH || digit === undefined) return false;
  // Of 0 to 9 the code is odd where the digit is, of a to f where it is not.
  return ((digit <= DIGIT_9 ? digit : digit + 1) & SAMPLED) === 0;
}

/** The context in a record's headers, where it is sampled: somebody wants to follow the record. */
export function sampledContext(headers: RecordHeaders | undefined): TraceContext | undefined {
  const bytes = headers?.[TRACE_HEADER];
  if (bytes === undefined || bytes.length > MOST_LENGTH || isSurelyUnsampled(bytes)) return undefined;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const context = parseTraceparent(text);
  return context?.isSampled ? context : undefined;
}
