import { trace } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { afterEach, describe, expect, it } from 'vitest';
import { inEvaluationSpan } from '../../src/telemetry/spans.js';

/** Spans as they are ended, in memory. */
function record(sampler?: tracing.Sampler) {
  const exporter = new tracing.InMemorySpanExporter();
  trace.setGlobalTracerProvider(
    new tracing.BasicTracerProvider({
      spanProcessors: [new tracing.SimpleSpanProcessor(exporter)],
      ...(sampler && { sampler }),
    }),
  );
  return exporter;
}

describe('the span of an evaluation', () => {
  afterEach(() => trace.disable());

  it('gives the id of its trace to whoever fires an alert in it', async () => {
    const exporter = record();
    const traceId = await inEvaluationSpan(async (id) => id);
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    const spans = exporter.getFinishedSpans();
    expect(spans.map(({ name }) => name)).toEqual(['evaluate alert rules']);
    expect(spans[0]?.spanContext().traceId).toBe(traceId);
  });

  it('tells of a failure, and lets it through', async () => {
    const exporter = record();
    const failing = inEvaluationSpan(() => Promise.reject(new Error('no store')));
    await expect(failing).rejects.toThrow('no store');
    expect(exporter.getFinishedSpans()[0]?.status).toMatchObject({ message: 'no store' });
  });

  it('gives none where nobody records it', async () => {
    expect(await inEvaluationSpan(async (id) => id)).toBeUndefined();
    record(new tracing.AlwaysOffSampler());
    expect(await inEvaluationSpan(async (id) => id)).toBeUndefined();
  });
});
