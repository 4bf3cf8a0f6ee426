// Latencies as a histogram, and as Markdown.
import { tableFrom } from './page.js';
import { type Entry, quantile } from './table.js';

/** Of all rounds together, in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  /** From the first that holds any to the last, without a gap. */
  readonly histogram: readonly Bucket[];
}

export interface Bucket {
  readonly fromMillis: number;
  readonly belowMillis: number;
  readonly count: number;
}

/** @returns nothing where there are none */
export function summaryOf(latencies: readonly number[]): LatencySummary | undefined {
  const sorted = latencies.toSorted((a, b) => a - b);
  const max = sorted.at(-1);
  if (max === undefined) return undefined;
  const at = (share: number): number => quantile(sorted, share) ?? max;
  return {
    count: sorted.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max,
    histogram: histogramOf(sorted),
  };
}

/** Counts in buckets of two to a doubling: 0, 1, 2, 3, 4, 6, 8, 12, 16, 24, … ms, since the broker's clock has milliseconds. */
function histogramOf(sorted: readonly number[]): readonly Bucket[] {
  const buckets: Bucket[] = [];
  let [fromMillis, belowMillis, counted] = [0, 1, 0];
  while (counted < sorted.length) {
    const end = sorted.findIndex((latency) => latency >= belowMillis);
    const until = end === -1 ? sorted.length : end;
    if (until > 0) buckets.push({ fromMillis, belowMillis, count: until - counted });
    counted = until;
    [fromMillis, belowMillis] = [belowMillis, boundAfter(belowMillis)];
  }
  return buckets;
}

/** 1, 2, 3, 4, 6, 8, 12, …: a power of two, and the middle between it and the next one. */
function boundAfter(bound: number): number {
  const isPower = Number.isInteger(Math.log2(bound));
  if (bound === 1) return 2;
  return isPower ? bound * 1.5 : (bound * 4) / 3;
}

/** Two tables: percentiles of each stack, and what share of its results took how long. Nothing where none was measured. */
export function latencyTables(entries: readonly Entry[]): string {
  const measured = entries.flatMap(({ latency, pacedRate, ...entry }) =>
    latency === null || pacedRate === null ? [] : [{ ...entry, latency, pacedRate }],
  );
  if (measured.length === 0) return '';
  const names = measured.map(({ roles, delivery, engine, precision }) =>
    [roles, delivery, engine, precision].filter(Boolean).join(', '),
  );
  const percentiles = measured.map(({ latency, pacedRate }, i) => {
    const { count, p50, p90, p99, p999, max } = latency;
    return [names[i], pacedRate.median, count, p50, p90, p99, p999, max];
  });
  return [
    tableFrom(
      ['', 'posts/s', 'results', 'p50, ms', 'p90, ms', 'p99, ms', 'p99.9, ms', 'max, ms'],
      percentiles,
    ),
    '',
    'Share of the results by latency, in %:',
    '',
    tableFrom(['ms', ...names], sharesOf(measured.map(({ latency }) => latency))),
  ].join('\n');
}

/** A row a bucket that any of them has. */
function sharesOf(summaries: readonly LatencySummary[]): readonly (readonly string[])[] {
  const bounds = new Map(
    summaries.flatMap(({ histogram }) => histogram.map((bucket) => [bucket.fromMillis, bucket] as const)),
  );
  return [...bounds.values()]
    .sort((a, b) => a.fromMillis - b.fromMillis)
    .map(({ fromMillis, belowMillis }) => [
      `${fromMillis} to ${belowMillis}`,
      ...summaries.map(({ histogram, count }) => {
        const bucket = histogram.find((own) => own.fromMillis === fromMillis);
        return bucket === undefined || bucket.count === 0 ? '' : ((100 * bucket.count) / count).toFixed(2);
      }),
    ]);
}
