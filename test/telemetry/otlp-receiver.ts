import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const attributesSchema = z
  .array(z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }))
  .default([])
  .transform((entries) =>
    Object.fromEntries(entries.map(({ key, value }) => [key, Object.values(value)[0]])),
  );

const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  attributes: attributesSchema,
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
});
export type ReceivedSpan = z.infer<typeof spanSchema>;

const tracesSchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
});
const metricsSchema = z.object({
  resourceMetrics: z.array(
    z.object({ scopeMetrics: z.array(z.object({ metrics: z.array(z.object({ name: z.string() })) })) }),
  ),
});

export interface OtlpReceiver {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** Names of the metrics that have come. */
  readonly metrics: ReadonlySet<string>;
  close(): void;
}

/** A receiver of OTLP over HTTP, as JSON: what a collector gets. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const metrics = new Set<string>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (request.url === '/v1/traces') {
      for (const { scopeSpans } of tracesSchema.parse(body).resourceSpans)
        for (const scope of scopeSpans) spans.push(...scope.spans);
    }
    if (request.url === '/v1/metrics') {
      for (const { scopeMetrics } of metricsSchema.parse(body).resourceMetrics)
        for (const scope of scopeMetrics) for (const { name } of scope.metrics) metrics.add(name);
    }
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    endpoint: `http://127.0.0.1:${port}`,
    spans,
    metrics,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Variables with which a worker sends all it has to a receiver, soon. */
export function otlpVariables({ endpoint }: OtlpReceiver): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRIC_EXPORT_INTERVAL: '500',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
}

/** The spans that link to another one. */
export function linkedTo(
  spans: readonly ReceivedSpan[],
  { traceId, spanId }: Pick<ReceivedSpan, 'traceId' | 'spanId'>,
): readonly ReceivedSpan[] {
  return spans.filter(({ links }) =>
    links.some((link) => link.traceId === traceId && link.spanId === spanId),
  );
}
