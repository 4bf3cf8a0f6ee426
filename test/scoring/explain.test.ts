import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { TextScore } from '../../src/contracts/text-score.js';
import type { TokenBatch } from '../../src/contracts/token-batch.js';
import { loadBundle } from '../../src/model/bundle.js';
import { shippedModel } from '../../src/pipelines/scorer.js';
import { createLocator } from '../../src/preprocess/locate.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { createTokeniser, createWordCutter } from '../../src/preprocess/tokenise.js';
import { bucketByLength } from '../../src/scoring/buckets.js';
import { classify } from '../../src/scoring/classify.js';
import { createWasmEngine } from '../../src/scoring/engines/wasm.js';
import { explain } from '../../src/scoring/explain.js';
import { anyPost } from '../preprocess/any-text.js';

const bundle = await loadBundle(shippedModel());
const { manifest, vocabulary } = bundle;
const { maxTokens } = manifest;
const { temperature } = manifest.calibration;
const engine = await createWasmEngine(bundle, 'float32');
afterAll(() => engine.close());
const tokenise = createTokeniser(vocabulary, maxTokens);
const locate = createLocator({ cutter: createWordCutter(vocabulary), maxTokens });

/** The label of a text and what each of its words did for it. */
async function explained(text: string) {
  const { tokens } = tokenise(normalise(text));
  const [bucket] = bucketByLength([tokens]);
  if (bucket === undefined) throw new RangeError('no tokens');
  const { label } = classify(await engine.score(bucket.batch), 0, temperature);
  const parts = await explain({ text, tokens, parts: locate(text), label }, { engine, temperature });
  return { label, parts, textsByWeight: byWeight(parts).map((part) => part.text) };
}

const byWeight = (parts: NonNullable<TextScore['explanation']>) =>
  parts.toSorted((a, b) => b.weight - a.weight);

describe('an explanation', () => {
  it('shows what spoke for the label and what against it', async () => {
    const { label, parts } = await explained('I love this phone but the terrible battery is the worst!');
    const weightOf = (text: string) => parts.find((part) => part.text === text)?.weight ?? 0;
    expect(label).toBe('negative');
    expect(weightOf('worst')).toBeGreaterThan(0.5);
    expect(weightOf('love')).toBeLessThan(-0.1);
    expect(Math.abs(weightOf('this'))).toBeLessThan(weightOf('worst'));
  });

  it('gives the "not" of a negated sentence its weight', async () => {
    const { label, textsByWeight } = await explained('The food was not good');
    expect(label).toBe('negative');
    expect(textsByWeight[0]).toBe('not');
  });

  it.each([
    ['a Chinese text', '客服态度太差了', '太差了'],
    ['a word after an emoji of two', '🙋🏽 the worst day of all', 'worst'],
  ])('points at the characters of %s', async (_, text, telling) => {
    const { parts } = await explained(text);
    for (const { text: part, start, end } of parts) expect(text.slice(start, end)).toBe(part);
    const greatest = byWeight(parts)[0];
    expect(telling).toContain(greatest?.text);
  });

  it('is what the label loses without the word', async () => {
    const { parts, label } = await explained('great');
    const unknown: TokenBatch = { rows: 1, width: 1, tokens: Int32Array.of(1), lengths: Int32Array.of(1) };
    const oddsOf = (p: number) => Math.log(p / (1 - p));
    const great = { ...unknown, tokens: tokenise('great').tokens };
    const probability = async (batch: TokenBatch) =>
      classify(await engine.score(batch), 0, temperature).probabilities[label];
    expect(parts).toHaveLength(1);
    expect(parts[0]?.weight).toBeCloseTo(
      oddsOf(await probability(great)) - oddsOf(await probability(unknown)),
      1,
    );
  });
});

describe('the parts of a text', () => {
  it.each([
    ['the pieces of a word together', 'unputdownable', ['unputdownable']],
    ['an address as a whole', 'see https://nova.example/a?b=c.', ['see', 'https://nova.example/a?b=c', '.']],
    ['one character that becomes three words', 'x ½ y', ['x', '½', 'y']],
    ['surrogate pairs', 'a😀🇩🇪b', ['a', '😀', '🇩🇪', 'b']],
  ])('have %s', (_, text, parts) => {
    expect(locate(text).map(({ start, end }) => text.slice(start, end))).toEqual(parts);
  });

  it('hold every token once, apart from each other, in order', () => {
    fc.assert(
      fc.property(anyPost, (text) => {
        const parts = locate(text);
        const { tokens } = tokenise(normalise(text));
        expect(parts.flatMap((part) => part.tokens)).toEqual(Array.from(tokens.keys()));
        for (const [i, part] of parts.entries()) {
          expect(part.start).toBeGreaterThanOrEqual(parts[i - 1]?.end ?? 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leave out the words that were cut off the middle of a long text', () => {
    const words = Array.from({ length: 2 * maxTokens }, (_, i) => (i % 2 === 0 ? 'good' : '好'));
    const text = words.join(' ');
    const parts = locate(text);
    expect(parts.flatMap((part) => part.tokens)).toEqual(Array.from({ length: maxTokens }, (_, i) => i));
    const cut = text.slice(parts[maxTokens / 2 - 1]?.end, parts[maxTokens / 2]?.start);
    expect(cut.trim().split(' ')).toHaveLength(maxTokens);
  });
});
