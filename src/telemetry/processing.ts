import { type Attributes, type Span, SpanKind } from '@opentelemetry/api';
import type { RecordBatch } from '../contracts/record.js';
import type { Traceparent } from '../contracts/trace-context.js';
import { processDuration } from './instruments.js';
import { inSpan, startBatchSpan, traceparentOf, within } from './spans.js';
import { timed } from './timed.js';

/** Who processes, as attributes name it. */
export interface Consumer {
  /** `kafka`, or what stands in for it. */
  readonly system: string;
  readonly group: string;
}

/** The work of a role on a batch. */
export interface Processing {
  /** Where it stands in its trace, for what comes of the batch; `undefined` where nobody records it. */
  readonly traceparent: Traceparent | undefined;
  /** Runs a part of the work. */
  within<Result>(work: () => Result): Result;
  /** Runs the last part; when it is over, so is the processing. */
  finish<Result>(work: () => Promise<Result>): Promise<Result>;
}

/** Of the poll that brought a batch: its processing belongs to the same trace. */
const polls = new WeakMap<RecordBatch, Span>();

export function notePoll(batch: RecordBatch, span: Span): void {
  polls.set(batch, span);
}

/** Begins to process a batch: a span, and its duration as `messaging.process.duration`. */
export function beginProcessing(batch: RecordBatch, { system, group }: Consumer): Processing {
  const attributes: Attributes = {
    'messaging.system': system,
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': batch.topic,
    'messaging.consumer.group.name': group,
  };
  const span = startBatchSpan(`process ${batch.topic}`, batch, {
    kind: SpanKind.CONSUMER,
    attributes,
    parent: polls.get(batch),
  });
  const started = performance.now();
  return {
    traceparent: traceparentOf(span),
    within: (work) => within(span, work),
    finish: (work) => timed(processDuration, attributes, () => inSpan(span, work), started),
  };
}
