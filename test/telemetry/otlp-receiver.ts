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

const bodySchema = z.object({
  resourceSpans: z
    .array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) }))
    .default([]),
  resourceMetrics: z
    .array(
      z.object({ scopeMetrics: z.array(z.object({ metrics: z.array(z.object({ name: z.string() })) })) }),
    )
    .default([]),
});

/** What has come in requests of OTLP. */
export class Inbox {
  readonly spans: ReceivedSpan[] = [];
  /** Names of the metrics that have come. */
  readonly metrics = new Set<string>();

  /** @param request of either signal, as JSON */
  take(request: string): void {
    const { resourceSpans, resourceMetrics } = bodySchema.parse(JSON.parse(request));
    for (const { scopeSpans } of resourceSpans) for (const { spans } of scopeSpans) this.spans.push(...spans);
    for (const { scopeMetrics } of resourceMetrics)
      for (const { metrics } of scopeMetrics) for (const { name } of metrics) this.metrics.add(name);
  }
}

/** Where a worker can send its spans and metrics. */
export interface OtlpReceiver {
  readonly endpoint: string;
  readonly protocol: 'http/json' | 'http/protobuf';
  readonly spans: readonly ReceivedSpan[];
  readonly metrics: ReadonlySet<string>;
  /** Resolves when all that was sent has come in. */
  close(): Promise<void>;
}

/** A receiver of OTLP over HTTP, as JSON: what a collector gets. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const inbox = new Inbox();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    inbox.take(Buffer.concat(chunks).toString());
    response.setHeader('content-type', 'application/json').end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  return {
    endpoint: `http://127.0.0.1:${port}`,
    protocol: 'http/json',
    spans: inbox.spans,
    metrics: inbox.metrics,
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Variables with which a worker sends all it has to a receiver, soon. */
export function otlpVariables({ endpoint, protocol }: OtlpReceiver): Readonly<Record<string, string>> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
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
