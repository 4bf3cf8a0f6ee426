import type { IHeaders, KafkaMessage } from 'kafkajs';
import { epochMillis } from '../../contracts/ids.js';
import type { RecordHeaders, SourceRecord } from '../../contracts/record.js';

/** What kafkajs has decoded: of the older formats and brokers that `answeredInBytes` leaves to it. */
export function toRecord(topic: string, partition: number, message: KafkaMessage): SourceRecord {
  const headers = toHeaders(message.headers);
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: epochMillis(Number(message.timestamp)),
    key: message.key,
    value: message.value,
    ...(headers && { headers }),
  };
}

/** Copies: a header is a slice of a whole fetch response, which would be kept alive. */
function toHeaders(headers: IHeaders = {}): RecordHeaders | undefined {
  // Most posts have none.
  if (Object.keys(headers).length === 0) return undefined;
  const entries = Object.entries(headers).flatMap(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last === undefined) return [];
    return [[name, typeof last === 'string' ? Buffer.from(last) : new Uint8Array(last ?? [])] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
