import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Probabilities } from '../../src/contracts/labels.js';
import { loadBundle } from '../../src/model/bundle.js';
import { shippedModel } from '../../src/pipelines/scorer.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { bucketByLength } from '../../src/scoring/buckets.js';
import { classify } from '../../src/scoring/classify.js';
import { createWasmEngine } from '../../src/scoring/engines/wasm.js';
import { isMixed } from '../../src/scoring/mixed.js';

const bundle = await loadBundle(shippedModel());
const engine = await createWasmEngine(bundle, 'float32');
afterAll(() => engine.close());

/** Posts written for this, by kind and language; `scripts/mixed.mjs` measures on them too. */
const [, ...rows] = readFileSync(new URL('fixtures/mixed.tsv', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => line.split('\t'));

async function probabilitiesOf(kind: string, language: string): Promise<readonly Probabilities[]> {
  const tokenise = createTokeniser(bundle.vocabulary, bundle.manifest.maxTokens);
  const texts = rows.filter((row) => row[0] === kind && row[1] === language).map((row) => row[2] ?? '');
  const found: Probabilities[] = [];
  for (const { indices, batch } of bucketByLength(texts.map((text) => tokenise(normalise(text)).tokens))) {
    const logits = await engine.score(batch);
    for (const row of indices.keys()) {
      found.push(classify(logits, row, bundle.manifest.calibration.temperature).probabilities);
    }
  }
  return found;
}

const share = (all: readonly Probabilities[]) => all.filter(isMixed).length / all.length;

describe('a mixed text', () => {
  it.each([
    ['speaks for both signs', { negative: 0.45, neutral: 0.1, positive: 0.45 }, true],
    ['may lean to one sign', { negative: 0.8, neutral: 0.08, positive: 0.12 }, true],
    ['is none that is neutral', { negative: 0.1, neutral: 0.8, positive: 0.1 }, false],
    ['is none that may be neutral', { negative: 0.3, neutral: 0.4, positive: 0.3 }, false],
    ['is none of one sign', { negative: 0.9, neutral: 0.05, positive: 0.05 }, false],
    ['is none that is sure of its sign', { negative: 0.92, neutral: 0.02, positive: 0.06 }, false],
  ])('%s', (_, probabilities, expected) => {
    expect(isMixed(probabilities)).toBe(expected);
  });

  it.each(['en', 'zh'])('is told from neutral ones by the shipped model: %s', async (language) => {
    expect(share(await probabilitiesOf('mixed', language))).toBeGreaterThan(0.4);
    expect(share(await probabilitiesOf('neutral', language))).toBeLessThan(0.05);
  });
});
