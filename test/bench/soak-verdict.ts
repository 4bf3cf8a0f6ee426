// What a soak has shown: whether memory is flat and the worker keeps up.
import { tableFrom } from './page.js';

export interface Sample {
  /** Since the load began. */
  readonly seconds: number;
  /** Of the process, in MB. */
  readonly resident: number;
  /** Of the objects of all its threads, in MB. */
  readonly heap: number;
  /** Of buffers that hang on to those objects, in MB. */
  readonly external: number;
  /** Posts that were written and have no result. */
  readonly lag: number;
  /** Processor time of the process for a post, in µs, since the sample before. */
  readonly cpuMicros: number;
}

export interface SoakLimits {
  readonly growthPercent: number;
  readonly megabytes: number;
  /** By which the lag may grow, in posts. */
  readonly lag: number;
}

/** A line fitted to a figure, from the end of the warm-up to the end of the run. */
export interface Trend {
  readonly start: number;
  readonly end: number;
  readonly highest: number;
}

export const FIGURES = ['resident', 'heap', 'external', 'lag', 'cpuMicros'] as const;
export type Trends = Readonly<Record<(typeof FIGURES)[number], Trend>>;

/** @param samples those after the warm-up; two at least */
export function trendsOf(samples: readonly Sample[]): Trends {
  const trend = (figure: (typeof FIGURES)[number]): Trend =>
    trendOf(samples.map((sample) => [sample.seconds, sample[figure]]));
  return {
    resident: trend('resident'),
    heap: trend('heap'),
    external: trend('external'),
    lag: trend('lag'),
    cpuMicros: trend('cpuMicros'),
  };
}

/** Least squares. */
function trendOf(points: readonly (readonly [x: number, y: number])[]): Trend {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [meanX, meanY] = [mean(xs), mean(ys)];
  const slope =
    mean(points.map(([x, y]) => (x - meanX) * (y - meanY))) / mean(xs.map((x) => (x - meanX) ** 2));
  const at = (x: number): number => meanY + slope * (x - meanX);
  return { start: at(Math.min(...xs)), end: at(Math.max(...xs)), highest: Math.max(...ys) };
}

export function growthPercentOf({ start, end }: Trend): number {
  return (100 * (end - start)) / start;
}

/**
 * What is wrong, as sentences; none where the soak has passed.
 *
 * @param peakMegabytes most that the process has had resident, the warm-up included
 */
export function problemsOf(trends: Trends, peakMegabytes: number, limits: SoakLimits): readonly string[] {
  const growth = growthPercentOf(trends.resident);
  const lagGrowth = trends.lag.end - trends.lag.start;
  const problems: string[] = [];
  // Written so that what is no number is a problem too.
  if (!(growth <= limits.growthPercent))
    problems.push(`memory grew by ${growth.toFixed(1)} %, more than ${limits.growthPercent} %`);
  if (!(peakMegabytes <= limits.megabytes))
    problems.push(`it had ${peakMegabytes.toFixed(0)} MB, more than ${limits.megabytes} MB`);
  if (!(lagGrowth <= limits.lag))
    problems.push(
      `the lag grew by ${lagGrowth.toFixed(0)} posts, more than the ${limits.lag.toFixed(0)} of a second`,
    );
  return problems;
}

const NAMES = {
  resident: 'resident, MB',
  heap: 'heap of all threads, MB',
  external: 'external, MB',
  lag: 'lag, posts',
  cpuMicros: 'processor, µs a post',
};

/** The fitted lines, and each figure over the time: the lowest block is 0, the highest one its maximum. */
export function soakTable(trends: Trends, samples: readonly Sample[]): string {
  const rows = FIGURES.map((figure) => {
    const { start, end, highest } = trends[figure];
    const change = figure === 'lag' ? '' : growthPercentOf(trends[figure]).toFixed(1);
    const line = sparkline(samples.map((sample) => sample[figure]));
    return [NAMES[figure], start.toFixed(0), end.toFixed(0), change, highest.toFixed(0), `\`${line}\``];
  });
  const header = [
    '',
    'line from',
    'to',
    'change, %',
    'highest after the warm-up',
    'over the time, warm-up included',
  ];
  return tableFrom(header, rows);
}

const BLOCKS = '▁▂▃▄▅▆▇█';
const WIDTH = 40;

/** Means of so many stretches as blocks. */
export function sparkline(values: readonly number[]): string {
  const width = Math.min(WIDTH, values.length);
  const means = Array.from({ length: width }, (_, i) => {
    const stretch = values.slice(
      Math.floor((i * values.length) / width),
      Math.floor(((i + 1) * values.length) / width),
    );
    return stretch.reduce((sum, value) => sum + value, 0) / stretch.length;
  });
  const most = Math.max(...means);
  return means.map((mean) => BLOCKS[most > 0 ? Math.round((mean / most) * (BLOCKS.length - 1)) : 0]).join('');
}
