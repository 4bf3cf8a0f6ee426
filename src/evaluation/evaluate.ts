import { LABELS } from '../contracts/labels.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import { type Judgement, type Metrics, measure } from './metrics.js';

/** A row of a labelled file, as it stands there. */
export interface EvaluationRow {
  readonly label: string;
  readonly text: string;
}

export interface Evaluation extends Metrics {
  /** Rows with another label than the three, and rows whose text cannot be scored (such as an empty one). */
  readonly skipped: number;
}

const TEXTS_A_CALL = 1024;

/**
 * Scores labelled texts on the path of the stream's posts and measures how well the labels agree.
 *
 * @param report called after each batch with the rows scored so far
 */
export async function evaluate(
  rows: readonly EvaluationRow[],
  scorer: TextScorer,
  report: (scored: number, total: number) => void = () => {},
): Promise<Evaluation> {
  const labelled = rows.flatMap(({ label, text }) => {
    const gold = LABELS.find((name) => name === label.trim());
    return gold === undefined ? [] : [{ gold, text }];
  });
  const judgements: Judgement[] = [];
  for (let start = 0; start < labelled.length; start += TEXTS_A_CALL) {
    const batch = labelled.slice(start, start + TEXTS_A_CALL);
    const outcomes = await scorer.score(batch);
    batch.forEach(({ gold }, index) => {
      const outcome = outcomes[index];
      if (outcome?.kind === 'scored') judgements.push({ gold, probabilities: outcome.score.probabilities });
    });
    report(start + batch.length, labelled.length);
  }
  return { ...measure(judgements), skipped: rows.length - judgements.length };
}
