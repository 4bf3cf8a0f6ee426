import { type Attributes, type Context, context, type Span, SpanKind } from '@opentelemetry/api';
import type { Clock } from '../contracts/clock.js';
import { isOutputBatch, lengthOf, type Output, type OutputBatch } from '../contracts/output-batch.js';
import type { OutputRecord, RecordBatch } from '../contracts/record.js';
import { TRACE_HEADER, type Traceparent } from '../contracts/trace-context.js';
import type { ConsumeOptions, Consumption, Poll, Producer, Streams } from '../streams/port.js';
import { errorType } from '../telemetry/error-type.js';
import {
  batchAge,
  batchSize,
  consumedMessages,
  consumerInFlight,
  consumerLag,
  consumerLagTime,
  offsetGaps,
  operationDuration,
  rebalances,
  sentMessages,
} from '../telemetry/instruments.js';
import { notePoll } from '../telemetry/processing.js';
import { fail, startBatchSpan, startClientSpan, traceparentOf, within } from '../telemetry/spans.js';
import { Backlog } from './backlog.js';
import { ageOf, ageOfOldest } from './record-age.js';

export interface ObserveOptions {
  /** `kafka`, or what stands in for it. */
  readonly system: string;
  readonly clock: Clock;
}

type OperationName = 'poll' | 'send' | 'settle';
const TYPES: Readonly<Record<OperationName, string>> = { poll: 'receive', send: 'send', settle: 'settle' };

/** What `randomUUID` has put behind the name of a group that lives once. */
const OWN_NAME = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/;

/** Streams whose polls, sends and settlements are measured and traced, by OpenTelemetry's conventions for messaging. */
export function observedStreams(streams: Streams, options: ObserveOptions): Streams {
  return {
    ...streams,
    consume: (asked) => consumeObserved(streams, asked, options),
    producer: async () => observedProducer(await streams.producer(), options),
  };
}

async function consumeObserved(
  streams: Pick<Streams, 'consume'>,
  options: ConsumeOptions,
  { system, clock }: ObserveOptions,
): Promise<Consumption> {
  const { topic } = options;
  const group = options.group.replace(OWN_NAME, '');
  const consumer: Attributes = {
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': group,
  };
  const attributesOf = (operation: OperationName): Attributes => ({
    ...operationAttributes(system, operation),
    ...consumer,
  });
  const polling = attributesOf('poll');
  const settling = attributesOf('settle');
  const sending = operationAttributes(system, 'send');
  const backlog = new Backlog();
  offsetGaps.add(0, { 'messaging.destination.name': topic });
  let lastPoll: Poll | undefined;
  let lags: ReadonlyMap<number, number> = new Map();

  /** The span of the poll that brought a batch. A poll may bring several. */
  function tracePoll(batch: RecordBatch): void {
    // Of live views, which nobody follows.
    if (options.from === 'latest') return;
    const { startedAt, millis } = lastPoll ?? { startedAt: Date.now(), millis: 0 };
    const span = startBatchSpan(`poll ${topic}`, batch, {
      kind: SpanKind.CLIENT,
      startTime: startedAt,
      attributes: polling,
    });
    span.end(startedAt + millis);
    notePoll(batch, span);
  }

  const consumption = await streams.consume({
    ...options,
    onPoll(poll) {
      lastPoll = poll;
      operationDuration.record(poll.millis / 1000, polling);
      options.onPoll?.(poll);
    },
    onAssigned(partitions) {
      if (partitions.length > 0) rebalances.add(1, consumer);
      backlog.renew();
      lags = new Map();
      options.onAssigned?.(partitions);
    },
    onBatch(batch) {
      consumedMessages.add(batch.length, polling);
      batchSize.record(batch.length, consumer);
      batchAge.record(ageOfOldest(batch, clock) / 1000, consumer);
      backlog.add(batch);
      tracePoll(batch);
      options.onBatch(batch);
    },
  });
  const unobserve = [
    consumerInFlight.observe(() => [{ value: backlog.records, attributes: consumer }]),
    consumerLag.observe(() => lagObservations((_, messages) => messages)),
    consumerLagTime.observe(() =>
      lagObservations((partition, messages) => {
        const oldest = messages === 0 ? clock.now() : backlog.oldest(partition);
        return oldest === undefined ? undefined : ageOf(oldest, clock) / 1000;
      }),
    ),
  ];

  function* lagObservations(of: (partition: number, messages: number) => number | undefined) {
    for (const [partition, messages] of lags) {
      const value = of(partition, messages);
      const attributes = { ...consumer, 'messaging.destination.partition.id': String(partition) };
      if (value !== undefined) yield { value, attributes };
    }
  }

  return {
    ...consumption,

    async settle(batch, outputs, onSent) {
      // Batches are settled together, and told of it from wherever the first of them was.
      const parent = context.active();
      const send = outputs.length === 0 ? undefined : beginSend(sending, outputs);
      let settle: Operation | undefined;
      const sent = (): void => {
        send?.end();
        settle ??= begin(`settle ${topic}`, settling, { parent });
        onSent?.();
      };
      try {
        const settlement = await consumption.settle(batch, outputs, sent);
        // What is dropped before it was sent counts for nothing.
        if (settle === undefined) send?.abandon();
        settle?.end();
        if (settlement === 'settled') backlog.settle(batch);
        return settlement;
      } catch (error) {
        send?.end(error);
        settle?.end(error);
        throw error;
      }
    },

    async lag() {
      lags = await consumption.lag();
      return lags;
    },

    async close() {
      await consumption.close();
      for (const end of unobserve) end();
    },
  };
}

function observedProducer(producer: Producer, { system }: ObserveOptions): Producer {
  const sending = operationAttributes(system, 'send');
  return {
    ...producer,
    async send(outputs) {
      if (outputs.length === 0) return;
      const operation = beginSend(sending, outputs);
      const traceparent = traceparentOf(operation.span);
      const traced = traceparent === undefined ? outputs : withTrace(outputs, traceparent);
      try {
        await within(operation.span, () => producer.send(traced));
        operation.end();
      } catch (error) {
        operation.end(error);
        throw error;
      }
    },
  };
}

/** Records with the context of what sends them, but for those that belong to a trace already. */
function withTrace(outputs: readonly Output[], traceparent: Traceparent): readonly Output[] {
  const own = Buffer.from(traceparent);
  const traced = (record: OutputRecord): OutputRecord =>
    record.headers?.[TRACE_HEADER] === undefined
      ? { ...record, headers: { ...record.headers, [TRACE_HEADER]: own } }
      : record;
  return outputs.map((output) => (isOutputBatch(output) ? tracedBatch(output, traceparent) : traced(output)));
}

function tracedBatch(batch: OutputBatch, traceparent: Traceparent): OutputBatch {
  const known = batch.headers.find(({ name }) => name === TRACE_HEADER);
  if (known !== undefined && known.present === undefined) return batch;
  const present = known?.present?.map((has) => (has === 0 ? 1 : 0));
  const own = { name: TRACE_HEADER, values: traceparent, ...(present && { present }) };
  return { ...batch, headers: [...batch.headers, own] };
}

/** A span, and what is measured when it ends. It ends once. */
interface Operation {
  readonly span: Span;
  end(error?: unknown): void;
  /** Ends the span; nothing is measured. */
  abandon(): void;
}

interface BeginOptions {
  /** The active context by default. */
  readonly parent?: Context;
  readonly onEnd?: (outcome: Attributes) => void;
}

function begin(name: string, attributes: Attributes, { parent, onEnd }: BeginOptions = {}): Operation {
  const span = startClientSpan(name, attributes, parent);
  const started = performance.now();
  let ended = false;
  return {
    span,
    end(error) {
      if (ended) return;
      ended = true;
      const outcome = error === undefined ? {} : { 'error.type': errorType(error) };
      if (error !== undefined) fail(span, error);
      span.end();
      operationDuration.record((performance.now() - started) / 1000, { ...attributes, ...outcome });
      onEnd?.(outcome);
    },
    abandon() {
      if (!ended) span.end();
      ended = true;
    },
  };
}

/** Begins to send records; when that ends they are counted by topic. */
function beginSend(sending: Attributes, outputs: readonly Output[]): Operation {
  const counts = new Map<string, number>();
  let records = 0;
  for (const output of outputs) {
    counts.set(output.topic, (counts.get(output.topic) ?? 0) + lengthOf(output));
    records += lengthOf(output);
  }
  const topics = [...counts.keys()];
  const destination = topics.length === 1 ? { 'messaging.destination.name': topics[0] } : {};
  const onEnd = (outcome: Attributes): void => {
    for (const [topic, sent] of counts)
      sentMessages.add(sent, { ...sending, 'messaging.destination.name': topic, ...outcome });
  };
  const operation = begin(`send ${topics.join(', ')}`, { ...sending, ...destination }, { onEnd });
  operation.span.setAttribute('messaging.batch.message_count', records);
  return operation;
}

function operationAttributes(system: string, operation: OperationName): Attributes {
  return {
    'messaging.system': system,
    'messaging.operation.name': operation,
    'messaging.operation.type': TYPES[operation],
  };
}
