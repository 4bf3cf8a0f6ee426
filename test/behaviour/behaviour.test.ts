import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { configSchema } from '../../src/config/schema.js';
import { describeFailure, failureRates, testBehaviour } from '../../src/evaluation/behaviour.js';
import { readBehaviourCases, textsOf } from '../../src/evaluation/behaviour-cases.js';
import { openScorer } from '../../src/pipelines/scorer.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { generatePosts } from '../../src/training/generate-posts.js';
import { nearDuplicateOf } from '../../src/training/near-duplicates.js';
import { createRandom } from '../../src/training/random.js';
import { readTemplates } from '../../src/training/templates.js';

const LISTED_FAILURES = 10;
/** More than a recipe makes. */
const TRAINING_POSTS = 80_000;

const cases = await readBehaviourCases('test/behaviour/cases');

/** Least share of cases that must pass, in percent, by kind and language. */
const floors = z
  .record(z.string(), z.record(z.string(), z.number().min(0).max(100)))
  .parse(parse(readFileSync('test/behaviour/floors.yaml', 'utf8')));

describe('the behaviour cases', () => {
  it('are 300 or more', () => {
    expect(cases.length).toBeGreaterThanOrEqual(300);
  });

  it('are in English and in Chinese, about half each', () => {
    expect([...new Set(cases.map(({ language }) => language))]).toEqual(['en', 'zh']);
    const english = cases.filter(({ language }) => language === 'en').length / cases.length;
    expect(english).toBeGreaterThan(0.45);
    expect(english).toBeLessThan(0.55);
  });

  it('have an id of their own within a kind and language', () => {
    expect(repeated(cases.map(({ language, kind, id }) => `${language}/${kind}/${id}`))).toEqual([]);
  });

  it('share no text', () => {
    expect(repeated(cases.flatMap(textsOf))).toEqual([]);
  });

  it('read like no post that the templates make for training', async () => {
    const templates = (await readTemplates('models/templates')).filter(({ language }) =>
      cases.some((behaviour) => behaviour.language === language),
    );
    const posts = generatePosts(templates, { count: TRAINING_POSTS, random: createRandom(1) });
    const isTrainedOn = nearDuplicateOf(posts.map(({ text }) => normalise(text)));
    expect(cases.flatMap(textsOf).filter((text) => isTrainedOn(normalise(text)))).toEqual([]);
  });

  it('have a floor for each kind and language, and no other', () => {
    const places = (rows: readonly (readonly [string, string])[]) =>
      [...new Set(rows.map(([kind, language]) => `${kind} ${language}`))].sort();
    expect(
      places(
        Object.entries(floors).flatMap(([kind, by]) => Object.keys(by).map((language) => [kind, language])),
      ),
    ).toEqual(places(cases.map(({ kind, language }) => [kind, language])));
  });
});

describe('the shipped model, in int8', async () => {
  const scorer = await openScorer({ config: configSchema.parse({}), brands: [], threads: 1 });
  const results = await testBehaviour(cases, scorer).finally(() => scorer.close());

  it.each(failureRates(results))('passes enough cases of $kind in $language', (rate) => {
    const { kind, language } = rate;
    const failures = results.filter(
      ({ behaviour, verdict }) =>
        behaviour.kind === kind && behaviour.language === language && verdict.kind === 'failed',
    );
    const passed = (100 * (rate.cases - rate.failed)) / rate.cases;
    const listed = failures.slice(0, LISTED_FAILURES).map(describeFailure).join('\n');
    expect(passed, `${rate.failed} of ${rate.cases} fail, among them\n${listed}\n`).toBeGreaterThanOrEqual(
      floors[kind]?.[language] ?? 100,
    );
  });
});

function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
