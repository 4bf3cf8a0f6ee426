import { DiagConsoleLogger, DiagLogLevel, diag } from '@opentelemetry/api';

export interface Telemetry {
  /** Sends what is still buffered. */
  stop(): Promise<void>;
}

/**
 * Starts the OpenTelemetry SDK if the standard variables ask for it (`OTEL_TRACES_EXPORTER`,
 * `OTEL_METRICS_EXPORTER`, `OTEL_EXPORTER_OTLP_ENDPOINT`, …); otherwise loads nothing and costs nothing.
 * Must run before the first span or measurement.
 */
export async function startTelemetry(
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Telemetry> {
  if (!isWanted(environment)) return { stop: async () => {} };
  // Without this a collector that cannot be reached is silence.
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
  const { NodeSDK, resources } = await import('@opentelemetry/sdk-node');
  const sdk = new NodeSDK({
    serviceName: environment.OTEL_SERVICE_NAME ?? 'sentiflux',
    resource: resources.resourceFromAttributes({ 'service.version': version }),
  });
  sdk.start();
  return { stop: () => sdk.shutdown() };
}

function isWanted(environment: Readonly<Record<string, string | undefined>>): boolean {
  if (environment.OTEL_SDK_DISABLED === 'true') return false;
  return Object.entries(environment).some(([name, value]) => {
    if (value === undefined || value === '' || value === 'none') return false;
    return /^OTEL_(TRACES|METRICS)_EXPORTER$|^OTEL_EXPORTER_OTLP_(TRACES_|METRICS_)?ENDPOINT$/.test(name);
  });
}
