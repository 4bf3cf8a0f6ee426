import { context, metrics, trace } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { node, tracing } from '@opentelemetry/sdk-node';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { systemClock } from '../../src/contracts/clock.js';
import { silentLogger } from '../../src/contracts/logger.js';
import type { OutputBatch } from '../../src/contracts/output-batch.js';
import { KEY_IS_NULL } from '../../src/contracts/record.js';
import { observedStreams } from '../../src/pipelines/observed-streams.js';
import { openStreams } from '../../src/streams/open.js';
import type { Streams } from '../../src/streams/port.js';
import { beginProcessing } from '../../src/telemetry/processing.js';
import { openPrometheusPage } from '../../src/telemetry/prometheus.js';
import { freshTopic, numbered, type Reader, read, send, write } from '../streams/reader.js';
import { kafkaBrokers } from '../support/services.js';

const page = openPrometheusPage();
const exporter = new tracing.InMemorySpanExporter();

beforeAll(() => {
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [page.reader] }));
  new node.NodeTracerProvider({ spanProcessors: [new tracing.SimpleSpanProcessor(exporter)] }).register();
  return () => {
    metrics.disable();
    trace.disable();
    context.disable();
  };
});
beforeEach(() => exporter.reset());

/** The value of the series whose labels hold all of these. */
async function metric(name: string, ...labels: readonly string[]): Promise<number | undefined> {
  const lines = (await page.render()).split('\n').filter((line) => line.startsWith(`${name}{`));
  const found = lines.find((line) => labels.every((label) => line.includes(label)));
  return found === undefined ? undefined : Number(found.split(' ').at(-1));
}

const spans = () =>
  exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    id: span.spanContext().spanId,
    trace: span.spanContext().traceId,
    parent: span.parentSpanContext?.spanId,
    links: span.links.map((link) => link.context.traceId),
  }));

const KINDS = [
  ['memory', true],
  ['kafka', kafkaBrokers !== undefined],
] as const;

describe.each(KINDS)('streams in %s, observed', (kind, canRun) => {
  async function open(): Promise<Streams> {
    const config = configSchema.parse({
      streams: { kind, kafka: { brokers: kafkaBrokers ?? ['127.0.0.1:1'] } },
    });
    const streams = observedStreams(await openStreams(config.streams, silentLogger), {
      system: kind,
      clock: systemClock,
    });
    onTestFinished(() => streams.close());
    return streams;
  }

  /** Processes the first batch as a role does. */
  async function settleFirst({ batches, consumption }: Reader, sink: string): Promise<string> {
    const [batch] = batches;
    if (batch === undefined) throw new Error('no batch has come');
    const outputs = Array.from({ length: batch.length }, () => ({
      topic: sink,
      partition: 0,
      key: null,
      value: null,
    }));
    return beginProcessing(batch, { system: kind, group: 'g' }).finish(() =>
      consumption.settle(batch, outputs),
    );
  }

  it.skipIf(!canRun)('count what comes in and goes out, and measure each operation once', async () => {
    const streams = await open();
    const [topic, sink] = [await freshTopic(streams), await freshTopic(streams)];
    const on = (name: string) => `messaging_destination_name="${name}"`;
    await write(streams, topic, numbered(0, 3));
    expect(await metric('messaging_client_sent_messages_total', on(topic))).toBe(3);
    const reader = await read(streams, topic);
    await reader.records(3);
    expect(
      await metric('messaging_client_consumed_messages_total', on(topic), `messaging_system="${kind}"`),
    ).toBe(3);
    expect(await metric('sentiflux_consumer_in_flight', on(topic))).toBe(3);
    expect(await metric('sentiflux_consumer_rebalances_total', on(topic))).toBe(1);
    await reader.consumption.lag();
    expect(await metric('sentiflux_consumer_lag', on(topic), 'partition_id="0"')).toBe(3);
    expect(await metric('sentiflux_consumer_lag_time_seconds', on(topic))).toBeGreaterThanOrEqual(0);

    expect(await settleFirst(reader, sink)).toBe('settled');
    await reader.consumption.lag();
    expect(await metric('sentiflux_consumer_in_flight', on(topic))).toBe(0);
    expect(await metric('sentiflux_consumer_lag', on(topic), 'partition_id="0"')).toBe(0);
    expect(await metric('sentiflux_consumer_lag_time_seconds', on(topic))).toBe(0);
    expect(await metric('messaging_client_sent_messages_total', on(sink))).toBe(3);
    const durations = 'messaging_client_operation_duration_seconds_count';
    expect(await metric(durations, on(topic), 'operation_name="poll"', 'operation_type="receive"')).toBe(1);
    expect(await metric(durations, on(sink), 'operation_name="send"')).toBe(1);
    expect(await metric(durations, on(topic), 'operation_name="settle"')).toBe(1);
    expect(await metric('messaging_process_duration_seconds_count', on(topic))).toBe(1);

    await reader.consumption.close();
    expect(await metric('sentiflux_consumer_lag', on(topic))).toBeUndefined();
  });

  it.skipIf(!canRun)('give a batch a trace of its own, with links to the sampled records', async () => {
    const streams = await open();
    const [topic, sink] = [await freshTopic(streams), await freshTopic(streams)];
    const traceparent = (digit: string, flags: string) =>
      Buffer.from(`00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`);
    const records = [
      traceparent('a', '01'),
      traceparent('b', '00'),
      traceparent('c', '01'),
      Buffer.from('none'),
    ];
    await send(
      streams,
      records.map((own) => ({ topic, partition: 0, key: null, value: null, headers: { traceparent: own } })),
    );
    const reader = await read(streams, topic);
    await reader.records(4);
    exporter.reset();
    await settleFirst(reader, sink);
    const of = (name: string) => spans().find((span) => span.name === name);
    const process = of(`process ${topic}`);
    expect(process?.links).toEqual(['a'.repeat(32), 'c'.repeat(32)]);
    expect(of(`send ${sink}`)).toMatchObject({ parent: process?.id, trace: process?.trace });
    expect(of(`settle ${topic}`)).toMatchObject({ parent: process?.id, trace: process?.trace });
  });

  it.skipIf(!canRun)('count no output of a batch that is dropped', async () => {
    const streams = await open();
    const [topic, sink] = [await freshTopic(streams), await freshTopic(streams)];
    await write(streams, topic, numbered(0, 3));
    const reader = await read(streams, topic);
    await reader.records(3);
    reader.consumption.readAgain(0);
    expect(await settleFirst(reader, sink)).toBe('dropped');
    expect(
      await metric('messaging_client_sent_messages_total', `messaging_destination_name="${sink}"`),
    ).toBeUndefined();
  });

  it.skipIf(!canRun)('put the context of a send on its records, but for those that have one', async () => {
    const streams = await open();
    const topic = await freshTopic(streams);
    const own = `00-${'d'.repeat(32)}-${'d'.repeat(16)}-01`;
    await send(streams, [
      { topic, partition: 0, key: null, value: Buffer.from('a') },
      { topic, partition: 0, key: null, value: Buffer.from('b'), headers: { traceparent: Buffer.from(own) } },
    ]);
    const sent = spans().find(({ name }) => name === `send ${topic}`);
    const records = await (await read(streams, topic)).records(2);
    const contexts = records.map(({ headers }) => Buffer.from(headers?.traceparent ?? []).toString());
    expect(contexts).toEqual([`00-${sent?.trace}-${sent?.id}-01`, own]);
  });

  it.skipIf(!canRun)('put it on packed records in the same way', async () => {
    const streams = await open();
    const topic = await freshTopic(streams);
    const own = `00-${'e'.repeat(32)}-${'e'.repeat(16)}-01`;
    const batch: OutputBatch = {
      topic,
      partition: 0,
      length: 2,
      bytes: Buffer.from('ab'),
      boundaries: Uint32Array.of(0, 0, 1, 1, 2),
      nulls: Uint8Array.of(KEY_IS_NULL, KEY_IS_NULL),
      headers: [],
    };
    const some = { name: 'traceparent', values: own, present: Uint8Array.of(0, 1) };
    await send(streams, [batch, { ...batch, headers: [some] }]);
    const sent = spans().find(({ name }) => name === `send ${topic}`);
    const records = await (await read(streams, topic)).records(4);
    const contexts = records.map(({ headers }) => Buffer.from(headers?.traceparent ?? []).toString());
    const ofSend = `00-${sent?.trace}-${sent?.id}-01`;
    expect(contexts).toEqual([ofSend, ofSend, ofSend, own]);
  });
});
