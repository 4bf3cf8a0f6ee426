import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { DataPointType, type MetricData, MetricReader } from '@opentelemetry/sdk-metrics';
import { withUnit } from './prometheus-names.js';
import { temporalityOf } from './temporality.js';

/** Collects when it is asked. */
class PageReader extends MetricReader {
  constructor() {
    super({ aggregationTemporalitySelector: temporalityOf });
  }

  protected override async onForceFlush(): Promise<void> {}

  protected override async onShutdown(): Promise<void> {}
}

export interface PrometheusPage {
  readonly reader: MetricReader;
  /** The metrics as Prometheus reads them. */
  render(): Promise<string>;
}

/** The page for Prometheus. OpenTelemetry's exporter would open a server of its own for it. */
export function openPrometheusPage(): PrometheusPage {
  const reader = new PageReader();
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  return {
    reader,
    async render() {
      // What cannot be collected is told to the diagnostics; the rest is there.
      const { resourceMetrics } = await reader.collect();
      const { resource, scopeMetrics } = resourceMetrics;
      return serializer.serialize({
        resource,
        scopeMetrics: scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: metrics.map(named) })),
      });
    },
  };
}

/** The serializer adds `_total`, but no units. */
function named(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor;
  const isGauge = metric.dataPointType === DataPointType.GAUGE;
  const full = withUnit(name, unit, isGauge ? 'gauge' : 'histogram');
  return { ...metric, descriptor: { ...metric.descriptor, name: full } };
}
