import { LABELS } from '../contracts/labels.js';
import type { TextScorer } from '../contracts/text-scorer.js';
import type { ComparedPost } from '../evaluation/compare.js';
import type { InputRecord } from './records.js';

const TEXTS_A_CALL = 512;

/** A record that has a text. */
export type TextRecord = Extract<InputRecord, { kind: 'text' }>;

/**
 * Has two models score the same texts. A text that either of them cannot score is left out. A post's language is
 * what the model before takes it for.
 *
 * @param report called after each batch with the texts scored so far
 */
export async function scoreWithBoth(
  records: readonly TextRecord[],
  models: { readonly before: TextScorer; readonly after: TextScorer },
  report: (scored: number) => void,
): Promise<readonly ComparedPost[]> {
  const posts: ComparedPost[] = [];
  for (let start = 0; start < records.length; start += TEXTS_A_CALL) {
    const batch = records.slice(start, start + TEXTS_A_CALL);
    const [before, after] = await Promise.all([models.before.score(batch), models.after.score(batch)]);
    batch.forEach(({ line, text, label }, index) => {
      const [old, fresh] = [before[index], after[index]];
      if (old?.kind !== 'scored' || fresh?.kind !== 'scored') return;
      posts.push({
        place: `line ${line}`,
        text,
        language: old.score.language,
        brands: [],
        gold: LABELS.find((name) => name === label?.trim()),
        before: old.score,
        after: fresh.score,
      });
    });
    report(start + batch.length);
  }
  return posts;
}
