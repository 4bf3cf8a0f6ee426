import { DiagConsoleLogger, DiagLogLevel, diag, metrics } from '@opentelemetry/api';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import type { Environment } from './environment.js';
import { beginAtZero } from './instrument.js';
import { measureProcess } from './runtime.js';

export interface Telemetry {
  /** The metrics as Prometheus reads them, where they are to be served. */
  readonly prometheus?: () => Promise<string>;
  /** Sends what is still buffered. */
  stop(): Promise<void>;
}

export interface TelemetryOptions {
  readonly version: string;
  /** The standard variables (`OTEL_TRACES_EXPORTER`, `OTEL_EXPORTER_OTLP_ENDPOINT`, …) say what is sent where. */
  readonly environment: Environment;
  /** Whether metrics are to be served to Prometheus. */
  readonly prometheus: boolean;
  /** Most records in a batch: a span of it has as many links. */
  readonly mostLinks: number;
}

/**
 * Starts OpenTelemetry, as far as somebody asks for it: what nobody does is not loaded and costs nothing. Must run
 * before the first span or measurement.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { environment, prometheus } = options;
  const isDisabled = environment.OTEL_SDK_DISABLED === 'true';
  const wants = (signal: Signal): boolean => !isDisabled && isWanted(signal, environment);
  // Without this a collector that cannot be reached is silence.
  if (wants('METRICS') || wants('TRACES')) diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);

  const page = prometheus && !isDisabled ? (await import('./prometheus.js')).openPrometheusPage() : undefined;
  const readers: MetricReader[] = page === undefined ? [] : [page.reader];
  if (wants('METRICS')) readers.push(...(await (await import('./metric-push.js')).metricPush(environment)));
  const stops: Array<() => Promise<void>> = [];
  if (readers.length > 0) stops.push(await startMetrics(options, readers));
  if (wants('TRACES')) stops.push(await startTraces(options));
  return {
    ...(page !== undefined && { prometheus: page.render }),
    async stop() {
      // What cannot be sent any more is no reason not to end.
      await Promise.allSettled(stops.map((stop) => stop()));
    },
  };
}

async function startMetrics(
  { version, environment }: TelemetryOptions,
  readers: MetricReader[],
): Promise<() => Promise<void>> {
  const [{ MeterProvider }, resources] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/resources'),
  ]);
  const { defaultResource, detectResources, envDetector, hostDetector, resourceFromAttributes } = resources;
  const provider = new MeterProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes(serviceOf(version, environment)))
      .merge(detectResources({ detectors: [envDetector, hostDetector] })),
    readers,
  });
  metrics.setGlobalMeterProvider(provider);
  beginAtZero();
  const endMeasuring = measureProcess();
  return async () => {
    endMeasuring();
    await provider.shutdown();
  };
}

async function startTraces(options: TelemetryOptions): Promise<() => Promise<void>> {
  const { version, environment, mostLinks } = options;
  const { NodeSDK, resources } = await import('@opentelemetry/sdk-node');
  const { 'service.name': serviceName, ...attributes } = serviceOf(version, environment);
  const isLimitSet = environment.OTEL_SPAN_LINK_COUNT_LIMIT !== undefined;
  const sdk = new NodeSDK({
    serviceName,
    resource: resources.resourceFromAttributes(attributes),
    ...(!isLimitSet && { spanLimits: { linkCountLimit: mostLinks } }),
    // Metrics have their own readers, and logs are lines of JSON.
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return () => sdk.shutdown();
}

function serviceOf(version: string, environment: Environment) {
  return { 'service.name': environment.OTEL_SERVICE_NAME || 'sentiflux', 'service.version': version };
}

type Signal = 'TRACES' | 'METRICS';

/** An exporter, or an address without one, asks for a signal; `none` is no exporter. */
function isWanted(signal: Signal, environment: Environment): boolean {
  const exporter = environment[`OTEL_${signal}_EXPORTER`];
  if (exporter) return exporter !== 'none';
  return Boolean(
    environment.OTEL_EXPORTER_OTLP_ENDPOINT || environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`],
  );
}
