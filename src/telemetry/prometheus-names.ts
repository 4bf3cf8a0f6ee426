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

export function withUnit(name: string, unit: string, kind: InstrumentKind): string {
  // A ratio is the unit of gauges only.
  const suffix = unit === '1' && kind !== 'gauge' ? undefined : UNITS[unit];
  return suffix === undefined || name.endsWith(suffix) ? name : `${name}_${suffix}`;
}

/** What the name of an attribute is as a label. */
export function prometheusLabel(attribute: string): string {
  return attribute.replaceAll(/[^a-zA-Z0-9_]/g, '_');
}

/** The series that a metric has in Prometheus. */
export function prometheusSeries(definition: MetricDefinition): readonly string[] {
  const name = prometheusName(definition);
  return definition.kind === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
