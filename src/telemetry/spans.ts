import { isSpanContextValid, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
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
  return during(span, work);
}

/**
 * Runs an evaluation of the alert rules in a span of its own.
 *
 * @param evaluate gets the id of the trace; `undefined` where nobody records it
 */
export async function inEvaluationSpan<Result>(
  evaluate: (traceId: string | undefined) => Promise<Result>,
): Promise<Result> {
  const span = trace.getTracer('sentiflux').startSpan('evaluate alert rules', { kind: SpanKind.INTERNAL });
  const context = span.spanContext();
  const isRecorded = span.isRecording() && isSpanContextValid(context);
  return during(span, () => evaluate(isRecorded ? context.traceId : undefined));
}

async function during<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}
