// The figures as JSON and as Markdown.
import { type LatencySummary, summaryOf } from './latency.js';
import type { Figures } from './measure.js';
import { tableFrom } from './page.js';
import type { Parts } from './parts.js';
import type { Stack } from './stacks.js';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** A stack and its rounds, or why there are none. */
export interface Measured {
  readonly stack: Stack;
  readonly rounds: readonly Figures[];
  readonly missing: string | undefined;
}

/** What is written as JSON. The rates are null where the stack is missing. */
export interface Entry extends Pick<Stack, 'stack' | 'roles' | 'delivery' | 'engine' | 'precision'> {
  readonly postsPerSecond: Spread | null;
  readonly tokensPerSecond: Spread | null;
  /** Of the stack's process, microseconds a post. */
  readonly cpuMicros: Spread | null;
  readonly memoryMegabytes: Spread | null;
  /** Per cent of the labels that are those of our float32 engine, in the round that had fewest. */
  readonly sameLabels: number | null;
  /** From the append of a post to the append of its result; null where it was not measured. */
  readonly p50Millis: Spread | null;
  readonly p99Millis: Spread | null;
  /** To the moment that a reader had it. */
  readonly readP99Millis: Spread | null;
  /** Posts a second that came while latency was measured. */
  readonly pacedRate: Spread | null;
  /** From append to append, of all rounds together. */
  readonly latency: LatencySummary | null;
  readonly missing?: string;
}

/** @param tokensPerPost mean of the posts */
export function entryOf({ stack: own, rounds, missing }: Measured, tokensPerPost: number): Entry {
  const { stack, roles, delivery, engine, precision } = own;
  const spread = (figure: (round: Figures) => number | undefined): Spread | null =>
    spreadOf(rounds.flatMap((round) => figure(round) ?? []));
  return {
    stack,
    ...(roles && { roles }),
    delivery,
    engine,
    precision,
    postsPerSecond: spread(({ postsPerSecond }) => Math.round(postsPerSecond)),
    tokensPerSecond: spread(({ postsPerSecond }) => Math.round(postsPerSecond * tokensPerPost)),
    cpuMicros: spread(({ cpuMicros }) => (Number.isNaN(cpuMicros) ? undefined : Math.round(cpuMicros))),
    memoryMegabytes: spread(({ memoryMegabytes }) => Math.round(memoryMegabytes)),
    sameLabels: spread(({ agreement }) => Math.round(agreement * 100_000) / 1_000)?.min ?? null,
    p50Millis: spread(({ latencies }) => quantile(latencies.written, 0.5)),
    p99Millis: spread(({ latencies }) => quantile(latencies.written, 0.99)),
    readP99Millis: spread(({ latencies }) => quantile(latencies.read, 0.99)),
    pacedRate: spread(({ pacedRate }) => pacedRate),
    latency: summaryOf(rounds.flatMap(({ latencies }) => latencies.written)) ?? null,
    ...(missing !== undefined && { missing }),
  };
}

/** Of a figure in all rounds; null where there are none. */
export function spreadOf(figures: readonly number[]): Spread | null {
  const sorted = figures.toSorted((a, b) => a - b);
  const [min, median, max] = [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)];
  return min === undefined || median === undefined || max === undefined ? null : { min, median, max };
}

/** @param sorted ascending */
export function quantile(sorted: ArrayLike<number>, share: number): number | undefined {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const HEADER = [
  'stack',
  'delivery',
  'engine',
  'precision',
  'posts/s',
  'tokens/s',
  'processor, µs a post',
  'peak memory, MB',
  'labels as ours, %',
  'latency p50, ms',
  'p99, ms',
  'p99 at a reader, ms',
];

export function tableOf(entries: readonly Entry[]): string {
  const rows = entries.map((entry) => {
    const { stack, roles, delivery, engine, precision, missing } = entry;
    const { postsPerSecond, tokensPerSecond, cpuMicros, memoryMegabytes, sameLabels } = entry;
    const { p50Millis, p99Millis, readP99Millis } = entry;
    const measured = [postsPerSecond, tokensPerSecond, cpuMicros, memoryMegabytes, sameLabels];
    const named = [roles === undefined ? stack : `${stack}, ${roles}`, delivery, engine, precision];
    const figures =
      missing === undefined
        ? [...measured, p50Millis, p99Millis, readP99Millis].map(cellOf)
        : [`missing: ${missing.replaceAll(/[|\s]+/g, ' ')}`, '', '', '', '', '', '', ''];
    return [...named, ...figures];
  });
  return tableFrom(HEADER, rows);
}

/** A cell of a table. */
export function cellOf(figure: Spread | number | null): string {
  if (figure === null) return '–';
  return typeof figure === 'number' ? String(figure) : `${figure.min} / **${figure.median}** / ${figure.max}`;
}

/** What the parts of the worker take alone, and what it takes with all that it does beside; a paragraph of Markdown. */
export function partsOf(parts: readonly Parts[], entries: readonly Entry[]): string {
  const ours = entries.find(
    ({ stack, delivery, precision }) =>
      stack === 'sentiflux' && delivery === 'at-least-once' && precision === 'int8',
  );
  const median = (part: keyof Parts): number | undefined =>
    quantile(
      parts.map((round) => round[part]).sort((a, b) => a - b),
      0.5,
    );
  const [score, consume, produce] = [median('score'), median('consume'), median('produce')];
  if (!ours?.cpuMicros || score === undefined || consume === undefined || produce === undefined) return '';
  const sum = score + consume + produce;
  return (
    `Processor time of a post, each alone: the network in int8 ${score.toFixed(0)} µs, kafkajs' consumer ` +
    `${consume.toFixed(0)} µs, its producer ${produce.toFixed(0)} µs, together ${sum.toFixed(0)} µs; the worker takes ` +
    `${ours.cpuMicros.median} µs, ${(ours.cpuMicros.median / sum).toFixed(2)} times as much.`
  );
}

/** How our variants of one precision compare with the fastest peer of the same, as a list in Markdown. */
export function comparisonOf(entries: readonly Entry[]): string {
  const lines = entries
    .filter(({ stack }) => stack === 'sentiflux')
    .flatMap((ours) => {
      const against = (['float32', 'int8'] as const).flatMap((precision) => {
        const best = fastestPeer(entries, precision);
        const ratio = best && ratioOf(ours, best);
        return best && ratio ? [`${ratio} times the best ${precision} peer (${best.stack})`] : [];
      });
      const slowest = entries.find(({ stack }) => stack === 'kafkajs-tfjs-node');
      const ratio = slowest && ratioOf(ours, slowest);
      if (ratio) against.push(`${ratio} times kafkajs-tfjs-node`);
      const { roles, delivery, engine, precision } = ours;
      return against.length === 0
        ? []
        : [`- ${roles}, ${delivery}, ${engine}, ${precision}: ${against.join(', ')}.`];
    });
  return lines.length === 0 ? '' : ['By the medians, sentiflux with', '', ...lines].join('\n');
}

function fastestPeer(entries: readonly Entry[], precision: Stack['precision']): Entry | undefined {
  const medianOf = ({ postsPerSecond }: Entry): number => postsPerSecond?.median ?? 0;
  return entries
    .filter((entry) => entry.stack !== 'sentiflux' && entry.precision === precision && medianOf(entry) > 0)
    .sort((a, b) => medianOf(b) - medianOf(a))[0];
}

function ratioOf(ours: Entry, peer: Entry): string | undefined {
  if (ours.postsPerSecond === null || peer.postsPerSecond === null) return undefined;
  return (ours.postsPerSecond.median / peer.postsPerSecond.median).toFixed(2);
}
