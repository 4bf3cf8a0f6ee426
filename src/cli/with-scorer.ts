import { openScorer, type Scorer } from '../pipelines/scorer.js';
import { createLogger } from './logger.js';
import { type ScorerOptions, scorerConfig } from './scorer-options.js';

export interface WithScorerOptions extends ScorerOptions {
  /** Scorer threads; as the configuration says by default. */
  readonly threads?: number;
}

/** Opens the scorer that a command's options ask for, without brands, and closes it whatever comes of its use. */
export async function withScorer<Result>(
  { threads, ...options }: WithScorerOptions,
  use: (scorer: Scorer) => Promise<Result>,
): Promise<Result> {
  const scorer = await openScorer({
    config: await scorerConfig(options),
    brands: [],
    ...(threads !== undefined && { threads }),
    logger: createLogger('warn'),
  });
  try {
    return await use(scorer);
  } finally {
    await scorer.close();
  }
}
