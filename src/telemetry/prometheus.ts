import type { MetricData, MetricReader } from '@opentelemetry/sdk-metrics';
import type { InstrumentKind, MetricDefinition } from './instrument.js';

/** What Prometheus calls a unit; those in braces, and those that it has no word for, are left out. */
const UNITS: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes', '1': 'ratio' };

/**
 * The name of a metric in Prometheus: dots become underscores, the unit and, of a counter, `total` come at the end
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1). A collector
 * and Prometheus' own receiver of OTLP name them the same.
 */
export function prometheusName({
  name,
  unit,
  kind,
}: Pick<MetricDefinition, 'name' | 'unit' | 'kind'>): string {
  const plain = withUnit(name, unit, kind).replaceAll(/[^a-zA-Z0-9_]/g, '_');
  return kind === 'counter' ? `${plain}_total` : plain;
}

function withUnit(name: string, unit: string, kind: InstrumentKind): string {
  // A ratio is the unit of gauges only.
  const suffix = unit === '1' && kind !== 'gauge' ? undefined : UNITS[unit];
  return suffix === undefined || name.endsWith(suffix) ? name : `${name}_${suffix}`;
}

/** The series that a metric has in Prometheus. */
export function prometheusSeries(definition: MetricDefinition): readonly string[] {
  const name = prometheusName(definition);
  return definition.kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

export interface PrometheusPage {
  readonly reader: MetricReader;
  /** The metrics as Prometheus reads them. */
  render(): Promise<string>;
}

/** Collects at every request; OpenTelemetry's exporter would open a server of its own for that. */
export async function openPrometheusPage(): Promise<PrometheusPage> {
  const [{ PrometheusExporter, PrometheusSerializer }, { DataPointType }] = await Promise.all([
    import('@opentelemetry/exporter-prometheus'),
    import('@opentelemetry/sdk-metrics'),
  ]);
  const reader = new PrometheusExporter({ preventServerStart: true });
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

  /** The serializer adds `_total`, but no units. */
  function named(metric: MetricData): MetricData {
    const { name, unit } = metric.descriptor;
    const isGauge = metric.dataPointType === DataPointType.GAUGE;
    const full = withUnit(name, unit, isGauge ? 'gauge' : 'histogram');
    return { ...metric, descriptor: { ...metric.descriptor, name: full } };
  }

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
