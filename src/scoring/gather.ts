import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import { joinBatches, splitScored, withoutHeaders } from './batch-parts.js';
import type { RunTask, ScorerThreads } from './threads.js';

/** As many records as a fetch of one partition mostly brings: more in one go gain no speed. */
const MOST_RECORDS = 512;
/** Fewer are not shared out: waking a second thread for them, and hearing of it, costs more than it gains. */
const FEWEST_SHARED = 64;

interface Waiting {
  readonly batch: RecordBatch;
  readonly stop: AbortSignal | undefined;
  readonly resolve: (scored: ScoredBatch) => void;
  readonly reject: (error: unknown) => void;
}

/** Batches on their way to the threads. */
export interface Gathering {
  /**
   * Scores a batch in the next free thread, with others that wait.
   *
   * @throws ThreadEnded what any of those that were scored together did to the thread
   * @throws the reason of `stop`, where no thread has begun it by then
   */
  score(batch: RecordBatch, stop?: AbortSignal): Promise<ScoredBatch>;
  /** How many have not begun. */
  waiting(): number;
}

/**
 * Small batches are scored together, as one: those that wait for a thread, and those that come in one turn of the event
 * loop, as the partitions of one fetch do. A network takes nearly as long for three posts as for ten, and so does handing
 * them over. So the more there is to do, the less each post costs, and nothing waits where a thread is free.
 *
 * @param threads there are
 * @param limitMillis a thread is ended when it takes longer over what it was given
 */
export function gatherBatches(
  { whenFree }: Pick<ScorerThreads, 'whenFree'>,
  threads: number,
  limitMillis: number,
): Gathering {
  let waiting: Waiting[] = [];
  /** Tasks that wait for a thread; each takes its share of what waits then. */
  let turns = 0;

  const recordsOf = (batches: readonly Waiting[]): number =>
    batches.reduce((sum, { batch }) => sum + batch.length, 0);

  /** Lets as many threads take something as there is enough for. */
  function begin(): void {
    const shares = Math.max(1, Math.ceil(recordsOf(waiting) / FEWEST_SHARED));
    const wanted = Math.min(threads, waiting.length, shares);
    const more = Math.max(0, wanted - turns);
    // Counted before any begins, which may be at once: each is to leave the others their share.
    turns += more;
    for (let i = 0; i < more; i += 1) scoreNext();
  }

  /** From the first one on a share of what waits, as many as one task may have. */
  function take(among: number): readonly Waiting[] {
    const stopped = waiting.filter(({ stop }) => stop?.aborted);
    for (const { stop, reject } of stopped) reject(stop?.reason);
    const left = waiting.filter(({ stop }) => !stop?.aborted);
    const share = recordsOf(left) / among;
    let records = 0;
    let count = 0;
    for (const { batch } of left) {
      if (count > 0 && (records >= share || records + batch.length > MOST_RECORDS)) break;
      records += batch.length;
      count += 1;
    }
    waiting = left.slice(count);
    return left.slice(0, count);
  }

  function scoreNext(): void {
    whenFree(async (run) => {
      const together = take(turns);
      turns -= 1;
      // What is more than all turns may take waits for the next free thread.
      if (turns === 0) begin();
      await scoreTogether(together, run);
    }).catch((error: unknown) => {
      for (const { reject } of waiting.splice(0)) reject(error);
    });
  }

  async function scoreTogether(together: readonly Waiting[], run: RunTask): Promise<void> {
    const [first, ...others] = together.map(({ batch }) => withoutHeaders(batch));
    if (first === undefined) return;
    try {
      const batch = others.length === 0 ? first : joinBatches([first, ...others]);
      const scored = await run({ kind: 'batch', batch }, limitMillis);
      const parts = others.length === 0 ? [scored] : splitScored(scored, together.map(lengthOf));
      together.forEach(({ resolve, reject }, i) => {
        const part = parts[i];
        if (part === undefined)
          reject(new RangeError(`${parts.length} results for ${together.length} batches`));
        else resolve(part);
      });
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  return {
    score: (batch, stop) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, stop, resolve, reject });
        if (waiting.length === 1) setImmediate(begin);
      }),
    waiting: () => waiting.length,
  };
}

const lengthOf = ({ batch }: Waiting): number => batch.length;
