import type { Logger } from '../contracts/logger.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import type { TextOutcome } from '../contracts/text-score.js';
import type { TextToScore } from '../contracts/text-scorer.js';
import { openScorer } from '../pipelines/scorer.js';
import { brandsOf, configOf, type Settings } from './configuration.js';

export interface CreateScorerOptions extends Settings {
  /** pino's logger is one; silent by default. */
  readonly logger?: Logger;
}

/** Scorer threads in this process: no service, no port. */
export interface Scorer {
  /** Which network scores, and how it is run. */
  readonly model: ModelStamp;
  /**
   * Outcomes in the order of the texts. A text that cannot be scored, such as an empty one, is `rejected` with a code
   * and no exception. However many texts there are, they are spread over the threads.
   *
   * @throws SentifluxError SF_SCORER_FAILED
   */
  score<const Texts extends readonly (string | TextToScore)[]>(
    texts: Texts,
  ): Promise<{ readonly [Index in keyof Texts]: TextOutcome }>;
  /** Finishes what is under way and ends the threads: without it the process does not end. */
  close(): Promise<void>;
}

/**
 * Loads the model and starts the scorer threads; resolves when they are warm. Of the configuration it uses `scoring`,
 * `input.maxBytes` and `brands`.
 *
 * @throws SentifluxError SF_CONFIG_INVALID, SF_CONFIG_UNREADABLE, SF_BRANDS_INVALID, SF_MODEL_UNREADABLE,
 *   SF_MODEL_INVALID, SF_ENGINE_UNAVAILABLE, SF_SCORER_FAILED
 */
export async function createScorer(options: CreateScorerOptions = {}): Promise<Scorer> {
  const config = await configOf(options);
  const { logger } = options;
  const scorer = await openScorer({
    config,
    brands: await brandsOf(options, config),
    ...(logger && { logger }),
  });
  const { maxBatchRecords } = config.scoring;

  async function outcomesOf(texts: readonly (string | TextToScore)[]): Promise<readonly TextOutcome[]> {
    const groups: Promise<readonly TextOutcome[]>[] = [];
    for (let from = 0; from < texts.length; from += maxBatchRecords) {
      const group = texts.slice(from, from + maxBatchRecords);
      groups.push(scorer.score(group.map((text) => (typeof text === 'string' ? { text } : text))));
    }
    return (await Promise.all(groups)).flat();
  }

  return {
    model: scorer.stamp,
    async score<const Texts extends readonly (string | TextToScore)[]>(texts: Texts) {
      // One outcome a text, which the type of an array cannot tell.
      return (await outcomesOf(texts)) as { readonly [Index in keyof Texts]: TextOutcome };
    },
    close: () => scorer.close(),
  };
}
