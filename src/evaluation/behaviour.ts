import type { TextScore } from '../contracts/text-score.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import { type BehaviourCase, textsOf } from './behaviour-cases.js';

export type Verdict = { readonly kind: 'passed' } | { readonly kind: 'failed'; readonly why: string };

/** A text with the part of its score that expectations are about. */
export type ScoredText = Pick<TextScore, 'label' | 'polarity' | 'probabilities'> & { readonly text: string };

export interface BehaviourResult {
  readonly behaviour: BehaviourCase;
  readonly texts: readonly ScoredText[];
  readonly verdict: Verdict;
}

/** Cases of one kind and language, and how many of them failed. */
export interface FailureRate {
  readonly kind: string;
  readonly language: string;
  readonly cases: number;
  readonly failed: number;
}

/**
 * Scores the texts of all cases in one call and holds each case to its expectation.
 *
 * @throws Error for a text that the scorer rejects: a mistake in the cases, not a failure of the model
 */
export async function testBehaviour(
  cases: readonly BehaviourCase[],
  scorer: TextScorer,
): Promise<readonly BehaviourResult[]> {
  const outcomes = await scorer.score(cases.flatMap(textsOf).map((text) => ({ text })));
  let next = 0;
  return cases.map((behaviour) => {
    const texts = textsOf(behaviour).map((text): ScoredText => {
      const outcome = outcomes[next++];
      if (outcome?.kind !== 'scored')
        throw new Error(`${behaviour.id}: cannot score ${JSON.stringify(text)}`);
      const { label, polarity, probabilities } = outcome.score;
      return { text, label, polarity, probabilities };
    });
    return { behaviour, texts, verdict: judge(behaviour, texts) };
  });
}

/**
 * Holds one case to its expectation.
 *
 * @param texts the case's own, in order, with their scores
 */
export function judge(behaviour: BehaviourCase, texts: readonly ScoredText[]): Verdict {
  switch (behaviour.expect) {
    case 'label': {
      const wrong = texts.filter(({ label }) => !behaviour.label.includes(label));
      return verdict(wrong.length === 0, `${wrong.length} not ${behaviour.label.join(' or ')}`);
    }
    case 'differ': {
      const wrong = texts.filter(({ label }, index) => label !== behaviour.texts[index]?.label);
      const wanted = behaviour.texts.map(({ label }) => label).join(', ');
      return verdict(wrong.length === 0, `not ${wanted}`);
    }
    case 'same': {
      const labels = [...new Set(texts.map(({ label }) => label))];
      if (labels.length > 1) return verdict(false, `labels are ${labels.join(' and ')}`);
      if (behaviour.label !== undefined && labels[0] !== behaviour.label) {
        return verdict(false, `not ${behaviour.label}`);
      }
      const polarities = texts.map(({ polarity }) => polarity);
      const spread = Math.max(...polarities) - Math.min(...polarities);
      return verdict(spread <= behaviour.spread, `polarities spread over ${spread.toFixed(2)}`);
    }
    case 'direction': {
      const [from = Number.NaN, to = Number.NaN] = texts.map(({ polarity }) => polarity);
      const rise = behaviour.polarity === 'up' ? to - from : from - to;
      const moved = `${from.toFixed(2)} to ${to.toFixed(2)}`;
      return verdict(rise >= behaviour.margin, `polarity from ${moved}, not ${behaviour.polarity}`);
    }
  }
}

function verdict(passed: boolean, why: string): Verdict {
  return passed ? { kind: 'passed' } : { kind: 'failed', why };
}

/** Counts failures by kind and language, in the order in which they first come. */
export function failureRates(results: readonly BehaviourResult[]): readonly FailureRate[] {
  const rates = new Map<string, FailureRate>();
  for (const { behaviour, verdict } of results) {
    const { kind, language } = behaviour;
    const { cases, failed } = rates.get(`${language}/${kind}`) ?? { cases: 0, failed: 0 };
    rates.set(`${language}/${kind}`, {
      kind,
      language,
      cases: cases + 1,
      failed: failed + (verdict.kind === 'failed' ? 1 : 0),
    });
  }
  return [...rates.values()];
}

/** Failure rates as a Markdown table: a row a kind, a column a language, the whole below. */
export function behaviourTable(results: readonly BehaviourResult[]): string {
  const rates = failureRates(results);
  const languages = [...new Set(rates.map(({ language }) => language))];
  const kinds = [...new Set(rates.map(({ kind }) => kind))].sort();
  const cell = (part: readonly FailureRate[]): string => {
    const cases = part.reduce((sum, rate) => sum + rate.cases, 0);
    const failed = part.reduce((sum, rate) => sum + rate.failed, 0);
    return cases === 0 ? '–' : `${((100 * failed) / cases).toFixed(0)} % (${failed} of ${cases})`;
  };
  const row = (name: string, part: readonly FailureRate[]): string =>
    `| ${name} | ${languages.map((language) => cell(part.filter((rate) => rate.language === language))).join(' | ')} |`;
  return [
    `| kind | ${languages.join(' | ')} |`,
    `| --- |${' --- |'.repeat(languages.length)}`,
    ...kinds.map((kind) =>
      row(
        kind,
        rates.filter((rate) => rate.kind === kind),
      ),
    ),
    row('all', rates),
  ].join('\n');
}

/** A failed case for people to read: why, and each text with its label and the three probabilities in percent. */
export function describeFailure({ behaviour, texts, verdict }: BehaviourResult): string {
  const why = verdict.kind === 'failed' ? verdict.why : 'passed';
  const percent = (share: number): string => (100 * share).toFixed(0).padStart(3);
  return [
    `${behaviour.language}/${behaviour.kind}/${behaviour.id}: ${why}`,
    ...texts.map(({ text, label, probabilities: { negative, neutral, positive } }) => {
      const shares = [negative, neutral, positive].map(percent).join(' ');
      return `  ${label.padEnd(8)}  ${shares}  ${text}`;
    }),
  ].join('\n');
}
