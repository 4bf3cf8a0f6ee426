import type { Brand } from '../../src/contracts/brand.js';
import { type BrandId, OTHER_BRANDS } from '../../src/contracts/ids.js';
import type { Label } from '../../src/contracts/labels.js';
import type { TextScorer } from '../../src/contracts/text-scorer.js';

/** A text whose label and brand are known: what the oracle counts by. */
export interface KnownText {
  readonly text: string;
  readonly brand: BrandId;
  readonly label: Label;
}

const SUBJECTS = ['the delivery', 'the new app', 'the queue this morning', 'their support', 'the price'];
const OPINIONS = [
  'was a complete disaster, never again',
  'is the best thing that happened this week',
  'was on Tuesday, like every week',
  'broke twice and nobody answers',
  'made my whole family smile',
  'looks the same as last year',
  'is slow, rude and far too expensive',
  'saved my day, thank you so much',
];

/**
 * Some hundred texts about the brands and about none, each labelled once by the scorer itself. In float32 a text
 * has the same label whatever it is scored with.
 */
export async function knownTexts(
  scorer: TextScorer,
  brands: readonly Brand[],
): Promise<readonly KnownText[]> {
  const about = [
    { brand: OTHER_BRANDS, name: 'Somebody' },
    ...brands.map(({ id, keywords }) => ({ brand: id, name: keywords[0] ?? id })),
  ];
  const texts = about.flatMap(({ brand, name }) =>
    SUBJECTS.flatMap((subject) =>
      OPINIONS.map((opinion) => ({ brand, text: `${name}: ${subject} ${opinion}` })),
    ),
  );
  const outcomes = await scorer.score(texts);
  return texts.map(({ text, brand }, i): KnownText => {
    const outcome = outcomes[i];
    if (outcome?.kind !== 'scored') throw new Error(`cannot be scored: ${text}`);
    return { text, brand, label: outcome.score.label };
  });
}

/** Values that no decoding lets through. */
export const BAD_VALUES: readonly Buffer[] = [
  Buffer.from('{"text": "the end is mis'),
  Buffer.from('{"author": "nobody in particular"}'),
  Buffer.from('{"text": ["a", "list"]}'),
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
];
