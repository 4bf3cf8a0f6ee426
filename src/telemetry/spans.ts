import {
  type Attributes,
  type Context,
  context,
  isSpanContextValid,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { messageOf } from '../contracts/errors.js';
import type { RecordBatch } from '../contracts/record.js';
import {
  formatTraceparent,
  parseTraceparent,
  sampledContext,
  type TraceContext,
  type Traceparent,
} from '../contracts/trace-context.js';
import { errorType } from './error-type.js';

/*
 * Spans: one for each operation on a batch, never one for each post. Posts that their producers sampled are followed
 * over links. Names and attributes are those of OpenTelemetry's conventions for messaging.
 */

const tracer = () => trace.getTracer('sentiflux');

/** Runs work in a span, which is the active one meanwhile: logs name it, and spans begun within belong to it. */
export function inSpan<Result>(span: Span, work: () => Promise<Result>): Promise<Result> {
  return within(span, async () => {
    try {
      return await work();
    } catch (error) {
      fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Runs work with a span as the active one. Where nothing is recorded, that costs nothing. */
export function within<Result>(span: Span, work: () => Result): Result {
  return span.isRecording() ? context.with(trace.setSpan(context.active(), span), work) : work();
}

export function fail(span: Span, error: unknown): void {
  span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
  span.setAttribute('error.type', errorType(error));
}

/** The context of the active span, if it is recorded. */
export function activeTraceparent(): Traceparent | undefined {
  const span = trace.getActiveSpan();
  return span === undefined ? undefined : traceparentOf(span);
}

export function traceparentOf(span: Span): Traceparent | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!span.isRecording()) return undefined;
  return formatTraceparent({ traceId, spanId, isSampled: (traceFlags & TraceFlags.SAMPLED) !== 0 });
}

/** Begins the span of an operation on a batch, with links to the sampled posts' own contexts. */
export function startBatchSpan(
  name: string,
  batch: RecordBatch,
  options: SpanOptions & { readonly parent?: Span | undefined },
): Span {
  const { parent, ...own } = options;
  const span = tracer().startSpan(
    name,
    {
      ...own,
      attributes: {
        ...own.attributes,
        'messaging.destination.partition.id': String(batch.partition),
        'messaging.batch.message_count': batch.length,
        'messaging.kafka.offset': batch.offsets[0] ?? 0,
      },
    },
    parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent),
  );
  if (span.isRecording()) span.addLinks(linksOf(batch));
  return span;
}

/** Of batches that were polled, for when they are processed. */
const known = new WeakMap<RecordBatch, Link[]>();

/** Links to the contexts of a batch's records, each once: results of one batch have one in common. */
function linksOf(batch: RecordBatch): Link[] {
  const before = known.get(batch);
  if (before !== undefined) return before;
  const { headers = [] } = batch;
  const contexts = new Map<string, TraceContext>();
  for (const own of headers) {
    const found = sampledContext(own);
    if (found !== undefined) contexts.set(found.traceId + found.spanId, found);
  }
  const links = [...contexts.values()].map((found) => ({ context: remoteContext(found) }));
  known.set(batch, links);
  return links;
}

function remoteContext({ traceId, spanId, isSampled }: TraceContext): SpanContext {
  return { traceId, spanId, traceFlags: isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true };
}

/** Begins the span of a client's operation: a child of the active one by default. */
export function startClientSpan(name: string, attributes: Attributes, parent?: Context): Span {
  return tracer().startSpan(name, { kind: SpanKind.CLIENT, attributes }, parent);
}

/**
 * Runs an evaluation of the alert rules in a span of its own.
 *
 * @param evaluate gets the id of the trace; `undefined` where nobody records it
 */
export async function inEvaluationSpan<Result>(
  evaluate: (traceId: string | undefined) => Promise<Result>,
): Promise<Result> {
  const span = tracer().startSpan('evaluate alert rules', { kind: SpanKind.INTERNAL });
  const own = span.spanContext();
  const isRecorded = span.isRecording() && isSpanContextValid(own);
  return inSpan(span, () => evaluate(isRecorded ? own.traceId : undefined));
}

export interface AlertSpan {
  readonly brand: string;
  readonly rule: string;
  readonly state: string;
  /** Contexts of the batches that counted the posts that the alert names. */
  readonly traces: readonly Traceparent[];
}

/** Makes a change of an alert known in a span of its own, with links to where its posts were counted. */
export function inAlertSpan<Result>(
  { brand, rule, state, traces }: AlertSpan,
  announce: () => Promise<Result>,
): Promise<Result> {
  const links = traces.flatMap((text): Link[] => {
    const found = parseTraceparent(text);
    return found === undefined ? [] : [{ context: remoteContext(found) }];
  });
  const attributes = {
    'sentiflux.brand': brand,
    'sentiflux.rule': rule,
    'sentiflux.alert.state': state,
  };
  const span = tracer().startSpan(`alert ${rule}`, { kind: SpanKind.INTERNAL, attributes, links });
  return inSpan(span, announce);
}

/** Runs one attempt of a delivery in a span that belongs to the trace of its alert, however much later it is. */
export function inDeliverySpan<Result>(
  { receiver, event, traceparent }: DeliverySpan,
  attempt: () => Promise<Result>,
): Promise<Result> {
  const found = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const parent =
    found === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remoteContext(found));
  const attributes = { 'sentiflux.receiver': receiver, 'sentiflux.alert.event': event };
  const span = tracer().startSpan(`deliver ${receiver}`, { kind: SpanKind.CONSUMER, attributes }, parent);
  return inSpan(span, attempt);
}

export interface DeliverySpan {
  readonly receiver: string;
  readonly event: string;
  readonly traceparent?: Traceparent | undefined;
}
