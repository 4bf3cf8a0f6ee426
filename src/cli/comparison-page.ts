import { LABELS } from '../contracts/labels.js';
import type { Change, ComparedPost, Comparison, GroupChange } from '../evaluation/compare.js';

/** What would change, for people; with the texts of the given flips. */
export function comparisonPage(comparison: Comparison, skipped: number, examples: number): string {
  const { posts, flipped, flippedShare, flow, languages, brands, meanPolarity, labelled, bands, flips } =
    comparison;
  return [
    `${posts} posts, ${skipped} skipped`,
    `other label    ${flipped} (${percent(flippedShare)} %)`,
    `mean polarity  ${signed(meanPolarity.before)} to ${signed(meanPolarity.after)}`,
    ...(labelled === undefined
      ? []
      : [`macro recall   ${shift(labelled.macroRecall)}, of ${labelled.posts} posts with a label`]),
    '',
    `before \\ after    ${LABELS.map((label) => label.padStart(8)).join('  ')}`,
    ...LABELS.map(
      (from) => `${from.padEnd(16)}  ${LABELS.map((to) => String(flow[from][to]).padStart(8)).join('  ')}`,
    ),
    '',
    ...table(
      'language',
      languages.map(({ language, ...figures }) => [language, figures]),
    ),
    ...(brands.length === 0
      ? []
      : [
          '',
          ...table(
            'brand',
            brands.map(({ brand, ...figures }) => [brand, figures]),
          ),
        ]),
    '',
    'confidence before    posts  same label',
    ...bands
      .filter(({ posts }) => posts > 0)
      .map(
        ({ from, posts, agreement }) =>
          `from ${from.toFixed(1)}         ${String(posts).padStart(9)}  ${percent(agreement).padStart(8)} %`,
      ),
    ...(examples > 0 && flips.length > 0
      ? ['', 'the changes of which both are most confident:', ...flips.slice(0, examples).map(flip)]
      : []),
    '',
  ].join('\n');
}

function table(name: string, rows: ReadonlyArray<readonly [string, GroupChange]>): readonly string[] {
  const width = Math.max(name.length, ...rows.map(([group]) => group.length));
  return [
    `${name.padEnd(width)}    posts  negative before  after  negative share         mean polarity`,
    ...rows.map(([group, { posts, negative, negativeShare, meanPolarity }]) =>
      [
        group.padEnd(width),
        String(posts).padStart(7),
        String(negative.before).padStart(15),
        String(negative.after).padStart(5),
        shift(negativeShare).padEnd(21),
        `${signed(meanPolarity.before)} to ${signed(meanPolarity.after)}`,
      ].join('  '),
    ),
  ];
}

function flip({ place, text, language, before, after }: ComparedPost): string {
  const [from, to] = [before, after].map(({ label, confidence }) => `${label} ${confidence.toFixed(2)}`);
  return `  ${place} (${language}) ${from} → ${to}  ${text.replace(/\s+/g, ' ')}`;
}

function shift({ before, after }: Change): string {
  return `${percent(before)} to ${percent(after)} % (${signed(100 * (after - before), 1)})`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function signed(value: number, digits = 3): string {
  return `${value < 0 ? '' : '+'}${value.toFixed(digits)}`;
}
