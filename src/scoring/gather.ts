import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import { joinBatches, splitScored, withoutHeaders } from './batch-parts.js';
import type { ScorerThreads } from './threads.js';

/** As many records as a fetch of one partition mostly brings: more in one go gain no speed. */
const MOST_RECORDS = 512;

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
 * Small batches that wait for a thread are scored together, as one: a network takes nearly as long for three posts as for
 * ten. So the more there is to do, the less each post costs, and nothing waits where a thread is free.
 *
 * @param limitMillis the thread is ended when it takes longer over what it was given
 */
export function gatherBatches({ whenFree }: Pick<ScorerThreads, 'whenFree'>, limitMillis: number): Gathering {
  let waiting: Waiting[] = [];
  let turns = 0;

  /** From the first one on as many as one task may have. */
  function take(): readonly Waiting[] {
    const stopped = waiting.filter(({ stop }) => stop?.aborted);
    for (const { stop, reject } of stopped) reject(stop?.reason);
    const left = waiting.filter(({ stop }) => !stop?.aborted);
    let records = 0;
    let count = 0;
    for (const { batch } of left) {
      records += batch.length;
      if (count > 0 && records > MOST_RECORDS) break;
      count += 1;
    }
    waiting = left.slice(count);
    return left.slice(0, count);
  }

  async function scoreNext(): Promise<void> {
    turns += 1;
    await whenFree(async (run) => {
      turns -= 1;
      const together = take();
      const [first, ...others] = together.map(({ batch }) => withoutHeaders(batch));
      // An earlier turn has taken what this one was for.
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
    });
  }

  return {
    score: (batch, stop) =>
      new Promise((resolve, reject) => {
        waiting.push({ batch, stop, resolve, reject });
        if (waiting.length > turns) scoreNext().catch(reject);
      }),
    waiting: () => waiting.length,
  };
}

const lengthOf = ({ batch }: Waiting): number => batch.length;
