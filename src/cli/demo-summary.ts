import type { Brand } from '../contracts/brand.js';
import { count } from '../contracts/count.js';
import { ALL_BRANDS, type BrandId, type EpochMillis, OTHER_BRANDS } from '../contracts/ids.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import { OUTCOME } from '../contracts/scored-batch.js';
import type { WindowReader } from '../contracts/window-reader.js';
import type { Worker } from '../pipelines/worker.js';

/** What the demo counts as batches settle. */
export class DemoTally {
  read = 0;
  scored = 0;
  deleted = 0;
  tokens = 0;
  busyMillis = 0;
  readonly rejected = new Map<string, number>();

  add(batch: RecordBatch, scored: ScoredBatch): void {
    this.read += batch.length;
    for (const outcome of scored.outcomes) {
      if (outcome === OUTCOME.scored) this.scored += 1;
      else if (outcome === OUTCOME.deleted) this.deleted += 1;
    }
    count(
      scored.rejections.map(({ code }) => code),
      this.rejected,
    );
    this.tokens += scored.tokens;
    this.busyMillis += scored.prepareMillis + scored.scoreMillis;
  }

  line(): string {
    const rejected = [...this.rejected.values()].reduce((sum, count) => sum + count, 0);
    return `${this.scored} scored, ${rejected} rejected`;
  }
}

export interface SummaryOptions {
  readonly tally: DemoTally;
  readonly worker: Worker;
  readonly brands: readonly Brand[];
  readonly from: EpochMillis;
  readonly to: EpochMillis;
  /** Wall time of the replay. */
  readonly seconds: number;
}

/** What the replay showed, for people. */
export async function summary(options: SummaryOptions): Promise<string> {
  const { tally, worker, brands, seconds } = options;
  const rejected = [...tally.rejected].sort(([a], [b]) => (a < b ? -1 : 1));
  const rejections = rejected.reduce((sum, [, count]) => sum + count, 0);
  const counters = await worker.windows.counters();
  const alerts = await worker.alerts.list({ limit: 20 });
  const rows = await Promise.all(
    [...brands, { id: OTHER_BRANDS, name: 'no brand' }, { id: ALL_BRANDS, name: 'all posts' }].map(
      async ({ id, name }) => ({
        name,
        ...(await totals(worker.windows, id, options)),
      }),
    ),
  );
  const width = Math.max(...rows.map(({ name }) => name.length));
  return [
    `posts read      ${tally.read}`,
    `scored          ${tally.scored}, deletions ${tally.deleted}`,
    `rejected        ${rejections}${rejected.map(([code, count]) => `\n                ${count} ${code}`).join('')}`,
    `in windows      ${counters.counted}, future ${counters.future}, old ${counters.old}, duplicates ${counters.duplicates}, edits ${counters.edits}, late ${counters.late}`,
    `speed           ${Math.round(tally.scored / seconds)} posts/s replayed; ${Math.round((1000 * tally.scored) / Math.max(1, tally.busyMillis))} posts/s while a thread was at work (small batches: see docs/benchmarks.md)`,
    '',
    `${'brand'.padEnd(width)}  posts  negative`,
    ...rows.map(
      ({ name, posts, negative }) =>
        `${name.padEnd(width)}  ${String(posts).padStart(5)}  ${posts === 0 ? '      -' : `${((100 * negative) / posts).toFixed(0).padStart(6)} %`}`,
    ),
    '',
    ...(alerts.length === 0 ? ['no alert'] : alerts.map((alert) => alertLine(alert, brands))),
    '',
  ].join('\n');
}

async function totals(
  windows: WindowReader,
  brand: BrandId,
  { from, to }: SummaryOptions,
): Promise<{ readonly posts: number; readonly negative: number }> {
  const closed = await windows.windows({ brand, tier: '1h', from, to });
  return {
    posts: closed.reduce((sum, window) => sum + window.posts, 0),
    negative: closed.reduce((sum, window) => sum + window.negative, 0),
  };
}

type Alert = Awaited<ReturnType<Worker['alerts']['list']>>[number];

function alertLine(alert: Alert, brands: readonly Brand[]): string {
  const time = (at: EpochMillis): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  const name = brands.find(({ id }) => id === alert.brand)?.name ?? alert.brand;
  const end = alert.resolvedAt === undefined ? 'still firing' : `resolved ${time(alert.resolvedAt)}`;
  return `ALERT ${alert.rule}: ${name}, ${alert.observed} negative posts where ${alert.expected.toFixed(1)} were expected, fired ${time(alert.firedAt)}, peak ${alert.peak}, ${end}`;
}
