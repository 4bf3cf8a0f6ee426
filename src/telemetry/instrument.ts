import { type Attributes, type MetricOptions, metrics, type ObservableResult } from '@opentelemetry/api';

export type InstrumentKind = 'counter' | 'histogram' | 'gauge';

/** A metric as docs/telemetry.md lists it. */
export interface MetricDefinition {
  readonly name: string;
  readonly kind: InstrumentKind;
  /** UCUM; what is in braces says what is counted. */
  readonly unit: string;
  readonly description: string;
  /** Names of the attributes, which are the labels in Prometheus. */
  readonly attributes: readonly string[];
}

export interface InstrumentOptions {
  readonly unit: string;
  readonly description: string;
  readonly attributes?: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

export interface CounterOptions extends InstrumentOptions {
  /** Attributes of series that are there from the start, at 0: of one that begins at 1 no increase is seen. */
  readonly fromZero?: readonly Attributes[];
}

/** Those that the conventions ask for where something takes time, in seconds. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10] as const;

export interface Counter {
  add(value: number, attributes?: Attributes): void;
}

export interface Histogram {
  record(value: number, attributes?: Attributes): void;
}

export interface Gauge {
  /** What is told from now on under these attributes. */
  record(value: number, attributes?: Attributes): void;
  /** Tells it no more: somebody else has the partition now, or nobody knows. */
  forget(attributes?: Attributes): void;
  /** Asks for the values at every collection. Returns what ends that. */
  observe(read: () => Iterable<Observation>): () => void;
}

export interface Observation {
  readonly value: number;
  readonly attributes?: Attributes;
}

const defined = new Map<string, MetricDefinition>();
const beginnings: Array<() => void> = [];

/** Begins the series that are there from the start. */
export function beginAtZero(): void {
  for (const begin of beginnings) begin();
}

/** Every metric that was defined, in the order of the list. */
export const metricDefinitions = (): readonly MetricDefinition[] => [...defined.values()];

const meter = () => metrics.getMeter('sentiflux');

function define(kind: InstrumentKind, name: string, options: InstrumentOptions): MetricOptions {
  const { unit, description, attributes = [], buckets } = options;
  if (defined.has(name)) throw new RangeError(`there are two metrics ${name}`);
  defined.set(name, { name, kind, unit, description, attributes });
  return { unit, description, ...(buckets && { advice: { explicitBucketBoundaries: [...buckets] } }) };
}

/** Made at the first use: OpenTelemetry gives instruments that are made before its SDK has started to nobody. */
function lazy<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => (made ??= make());
}

export function counter(name: string, { fromZero = [], ...options }: CounterOptions): Counter {
  const own = define('counter', name, options);
  const made = lazy(() => meter().createCounter(name, own));
  beginnings.push(() => {
    for (const attributes of fromZero) made().add(0, attributes);
  });
  return { add: (value, attributes) => made().add(value, attributes) };
}

export function histogram(name: string, options: InstrumentOptions): Histogram {
  const own = define('histogram', name, options);
  const made = lazy(() => meter().createHistogram(name, own));
  return { record: (value, attributes) => made().record(value, attributes) };
}

/** Unlike a gauge of OpenTelemetry it can fall silent, which a partition that was taken away must. */
export function gauge(name: string, options: InstrumentOptions): Gauge {
  const own = define('gauge', name, options);
  const current = new Map<string, Observation>();
  const readers = new Set<() => Iterable<Observation>>();
  const made = lazy(() => meter().createObservableGauge(name, own).addCallback(tell));

  function tell(result: ObservableResult): void {
    for (const { value, attributes } of current.values()) result.observe(value, attributes);
    for (const read of readers) {
      for (const { value, attributes } of read()) result.observe(value, attributes);
    }
  }

  return {
    record(value, attributes = {}) {
      made();
      current.set(JSON.stringify(attributes), { value, attributes });
    },
    forget: (attributes = {}) => void current.delete(JSON.stringify(attributes)),
    observe(read) {
      made();
      readers.add(read);
      return () => void readers.delete(read);
    },
  };
}
