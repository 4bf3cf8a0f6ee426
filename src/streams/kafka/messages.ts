import type { IHeaders, KafkaMessage, Message, TopicMessages } from 'kafkajs';
import { epochMillis } from '../../contracts/ids.js';
import type { OutputRecord, RecordHeaders, SourceRecord } from '../../contracts/record.js';

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
function toHeaders(headers: IHeaders | undefined): RecordHeaders | undefined {
  const entries = Object.entries(headers ?? {}).flatMap(([name, value]) => {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last === undefined) return [];
    return [[name, typeof last === 'string' ? Buffer.from(last) : new Uint8Array(last ?? [])] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Records by topic, in their order. */
export function toTopicMessages(records: readonly OutputRecord[]): TopicMessages[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, partition, key, value, timestamp, headers } of records) {
    const messages = byTopic.get(topic) ?? [];
    byTopic.set(topic, messages);
    messages.push({
      key: key && toBuffer(key),
      value: value && toBuffer(value),
      ...(partition !== undefined && { partition }),
      ...(timestamp !== undefined && { timestamp: String(timestamp) }),
      ...(headers && {
        headers: Object.fromEntries(
          Object.entries(headers).map(([name, header]) => [name, toBuffer(header)]),
        ),
      }),
    });
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
