import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { messageOf } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';

/**
 * Runs the work on a batch in a span of its own, never a span a post. Names and attributes follow
 * OpenTelemetry's conventions for messaging.
 */
export async function inBatchSpan<Result>(batch: RecordBatch, work: () => Promise<Result>): Promise<Result> {
  const span = trace.getTracer('sentiflux').startSpan(`process ${batch.topic}`, {
    kind: SpanKind.CONSUMER,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': batch.topic,
      'messaging.destination.partition.id': String(batch.partition),
      'messaging.batch.message_count': batch.length,
      'messaging.kafka.offset': batch.offsets[0] ?? 0,
    },
  });
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}
