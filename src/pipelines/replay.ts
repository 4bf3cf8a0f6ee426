import { count } from '../contracts/count.js';
import type { OutputBatch } from '../contracts/output-batch.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import { REPLAY_HEADER } from '../contracts/scored-post.js';
import type { ConsumeOptions, Streams } from '../streams/port.js';
import { createPace } from './pace.js';
import type { ReplayPlan } from './replay-plan.js';
import { scanBatches } from './scan-batches.js';
import { resultsOf } from './scoring.js';

/** Batches that are scored, or wait to be written, while more are read. */
const MOST_BATCHES_IN_WORK = 16;

export interface ReplayOptions {
  readonly plan: ReplayPlan;
  /** Name of a group that exists while the replay lasts; nothing is committed for it. */
  readonly group: string;
  readonly score: (batch: RecordBatch) => Promise<ScoredBatch>;
  readonly maxBatchRecords: number;
  /** Most records a second; as fast as it goes by default. */
  readonly rate?: number;
  /** Ends the replay between two writes. */
  readonly stop?: AbortSignal;
  /** Records of the plan that were deleted from the log before they were read. */
  readonly onGap?: ConsumeOptions['onGap'];
  /** Called after every write with the records done so far. */
  readonly onProgress?: (done: number) => void;
}

export interface ReplayOutcome {
  /** Records that were read and whose results are written. */
  readonly records: number;
  /** Results and deletions on the output. */
  readonly written: number;
  /** Records that could not be scored, by their codes. They are in the live worker's dead letters already. */
  readonly rejected: ReadonlyMap<string, number>;
}

/**
 * Scores a range of posts again and writes the results to a topic of their own. No group's position moves, and no
 * live topic is written to.
 *
 * @throws SentifluxError SF_SCORER_FAILED, SF_STREAM_REFUSED, SF_STREAM_UNREACHABLE; what is written by then is done
 */
export async function replay(streams: Streams, options: ReplayOptions): Promise<ReplayOutcome> {
  const { plan, group, score, rate, stop, onGap, onProgress } = options;
  const rejected = new Map<string, number>();
  let [records, written] = [0, 0];
  /** In the order in which they were read; so the results of a partition keep the order of its posts. */
  const inWork: Array<{ readonly batch: RecordBatch; readonly scoring: Promise<ScoredBatch> }> = [];
  const producer = await streams.producer();
  const pace = createPace(options.maxBatchRecords, rate, stop);

  function begin(batch: RecordBatch): void {
    const scoring = score(batch);
    // Whoever waits for it sees the error, but perhaps only after other batches.
    scoring.catch(() => {});
    inWork.push({ batch, scoring });
  }

  async function writeOldest(): Promise<void> {
    const oldest = inWork.shift();
    if (oldest === undefined) return;
    const { batch } = oldest;
    const scored = await oldest.scoring;
    if (stop?.aborted) return;
    const results = ofReplay(resultsOf(batch, scored, plan.output), plan.name);
    if (results.length > 0) await producer.send([results]);
    records += batch.length;
    written += results.length;
    count(
      scored.rejections.map(({ code }) => code),
      rejected,
    );
    onProgress?.(records);
    await pace.after(records);
  }

  try {
    const { source: topic, ranges } = plan;
    const { recordsAStep: recordsABatch } = pace;
    const range = { topic, group, ranges, recordsABatch, stop, ...(onGap && { onGap }) };
    for await (const batch of scanBatches(streams, range)) {
      begin(batch);
      if (inWork.length >= MOST_BATCHES_IN_WORK) await writeOldest();
    }
    while (inWork.length > 0 && !stop?.aborted) await writeOldest();
    return { records, written, rejected };
  } finally {
    await producer.close();
  }
}

/**
 * Results with the name of their replay and the time of their writing: with the time of their posts, which they have in
 * a header, a topic's retention would delete them at once where the posts are older than that.
 */
function ofReplay({ timestamps: _, headers, ...results }: OutputBatch, name: string): OutputBatch {
  return { ...results, headers: [...headers, { name: REPLAY_HEADER, values: name }] };
}
