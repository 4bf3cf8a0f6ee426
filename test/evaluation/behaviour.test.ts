import { describe, expect, it } from 'vitest';
import type { TextScorer } from '../../src/contracts/text-scorer.js';
import {
  behaviourTable,
  describeFailure,
  failureRates,
  judge,
  testBehaviour,
} from '../../src/evaluation/behaviour.js';
import { type BehaviourCase, parseCases, readBehaviourCases } from '../../src/evaluation/behaviour-cases.js';

/** Likes what begins with `+`, dislikes what begins with `-`, and the more so the longer it is. */
const byFirstSign: TextScorer = {
  async score(texts) {
    return texts.map(({ text }) => {
      if (text === 'unscorable') return { kind: 'rejected', code: 'SF_POST_NO_TEXT', message: 'no text' };
      const sign = text.startsWith('+') ? 1 : text.startsWith('-') ? -1 : 0;
      const strength = sign === 0 ? 1 : Math.min(1, text.length / 10);
      const label = sign === 1 ? 'positive' : sign === -1 ? 'negative' : 'neutral';
      const probabilities = { negative: 0, neutral: 1 - strength, positive: 0, [label]: strength };
      return {
        kind: 'scored',
        score: {
          label,
          probabilities,
          polarity: sign * strength,
          confidence: strength,
          language: 'en',
          brands: [],
          flags: [],
          model: { version: 'test', engine: 'wasm', precision: 'float32' },
        },
      };
    });
  },
};

function casesOf(yaml: string, kind = 'negation', language = 'en'): readonly BehaviourCase[] {
  const content = `about: a test\ncases:\n${yaml}`;
  return parseCases(content, 'cases.yaml').map((expectation) => ({ ...expectation, kind, language }));
}

async function verdictOf(yaml: string) {
  const [result] = await testBehaviour(casesOf(yaml), byFirstSign);
  return result?.verdict;
}

const passed = { kind: 'passed' };
const failed = (why: string) => ({ kind: 'failed', why });

describe('a behaviour case', () => {
  it('with a label holds every text to it', async () => {
    expect(await verdictOf('- { expect: label, id: a, label: positive, texts: [+ fine, + good] }')).toEqual(
      passed,
    );
    expect(await verdictOf('- { expect: label, id: a, label: positive, texts: [+ fine, so so] }')).toEqual(
      failed('1 not positive'),
    );
  });

  it('with two labels takes either', async () => {
    const yaml = (text: string) =>
      `- { expect: label, id: a, label: [neutral, positive], texts: [+ fine, "${text}"] }`;
    expect(await verdictOf(yaml('so so'))).toEqual(passed);
    expect(await verdictOf(yaml('- bad'))).toEqual(failed('1 not neutral or positive'));
  });

  it('of a pair holds each text to its own label', async () => {
    const yaml = (second: string) =>
      `- { expect: differ, id: a, texts: [{ positive: + good }, { negative: "${second}" }] }`;
    expect(await verdictOf(yaml('- not good'))).toEqual(passed);
    expect(await verdictOf(yaml('+ not good'))).toEqual(failed('not positive, negative'));
  });

  it('of texts that are the same wants one label', async () => {
    expect(await verdictOf('- { expect: same, id: a, texts: [+ by Ann, + by Bob] }')).toEqual(passed);
    expect(await verdictOf('- { expect: same, id: a, texts: [+ by Ann, by Bob] }')).toEqual(
      failed('labels are positive and neutral'),
    );
  });

  it('of texts that are the same can say which label', async () => {
    expect(await verdictOf('- { expect: same, id: a, label: neutral, texts: [+ by Ann, + by Bob] }')).toEqual(
      failed('not neutral'),
    );
  });

  it('of texts that are the same wants close polarities', async () => {
    const yaml = (spread: number) =>
      `- { expect: same, id: a, spread: ${spread}, texts: [+ 34, + 34567890] }`;
    expect(await verdictOf(yaml(0.7))).toEqual(passed);
    expect(await verdictOf(yaml(0.5))).toEqual(failed('polarities spread over 0.60'));
  });

  it('of a direction wants the polarity to move by the margin', async () => {
    const yaml = (polarity: string, margin: number) =>
      `- { expect: direction, id: a, polarity: ${polarity}, margin: ${margin}, texts: [+ 34, + 34567] }`;
    expect(await verdictOf(yaml('up', 0.2))).toEqual(passed);
    expect(await verdictOf(yaml('up', 0.4))).toEqual(failed('polarity from 0.40 to 0.70, not up'));
    expect(await verdictOf(yaml('down', 0))).toEqual(failed('polarity from 0.40 to 0.70, not down'));
    expect(await verdictOf(yaml('down', -0.5))).toEqual(passed);
  });

  it('fails where a polarity is no number', () => {
    const [direction] = casesOf('- { expect: direction, id: a, polarity: up, texts: [+ 34, + 34567] }');
    if (direction === undefined) throw new Error('no case');
    expect(judge(direction, []).kind).toBe('failed');
  });

  it('fills a template with its values', async () => {
    const [result] = await testBehaviour(
      casesOf('- { expect: same, id: a, texts: { template: "+ {} came", values: [Ann, Bob] } }'),
      byFirstSign,
    );
    expect(result?.texts.map(({ text }) => text)).toEqual(['+ Ann came', '+ Bob came']);
  });

  it('may not hold a text that cannot be scored', async () => {
    const cases = casesOf('- { expect: label, id: empty, label: neutral, texts: [unscorable] }');
    await expect(testBehaviour(cases, byFirstSign)).rejects.toThrow('empty: cannot score "unscorable"');
  });
});

describe('a file of behaviour cases', () => {
  it.each([
    ['a label that is none', '- { expect: label, id: a, label: good, texts: [x] }'],
    ['a pair that does not differ', '- { expect: differ, id: a, texts: [{ neutral: x }, { neutral: y }] }'],
    ['a group of one', '- { expect: same, id: a, texts: [x] }'],
    [
      'a template without a place for the value',
      '- { expect: same, id: a, texts: { template: x, values: [y, z] } }',
    ],
    ['a misspelt key', '- { expect: label, id: a, label: neutral, text: [x] }'],
    ['YAML that is none', '- { expect: ['],
  ])('is refused with %s', (_, yaml) => {
    expect(() => casesOf(yaml)).toThrow(/^cases\.yaml is no file of behaviour cases: /);
  });

  it('that is not there is an error with a code', async () => {
    await expect(readBehaviourCases('/nowhere')).rejects.toMatchObject({ code: 'SF_EVALUATE_DATA_INVALID' });
  });
});

describe('a table of failure rates', async () => {
  const results = await testBehaviour(
    [
      ...casesOf('- { expect: label, id: a, label: positive, texts: [+ fine] }'),
      ...casesOf('- { expect: label, id: b, label: positive, texts: [so so] }'),
      ...casesOf('- { expect: label, id: c, label: positive, texts: [+ 好] }', 'emoji', 'zh'),
    ],
    byFirstSign,
  );

  it('has a row a kind, a column a language and the whole below', () => {
    expect(failureRates(results)).toEqual([
      { kind: 'negation', language: 'en', cases: 2, failed: 1 },
      { kind: 'emoji', language: 'zh', cases: 1, failed: 0 },
    ]);
    expect(behaviourTable(results).split('\n')).toEqual([
      '| kind | en | zh |',
      '| --- | --- | --- |',
      '| emoji | – | 0 % (0 of 1) |',
      '| negation | 50 % (1 of 2) | – |',
      '| all | 50 % (1 of 2) | 0 % (0 of 1) |',
    ]);
  });

  it('comes with what failed and the probabilities', () => {
    const [, wrong] = results;
    if (wrong === undefined) throw new Error('no result');
    expect(describeFailure(wrong)).toBe('en/negation/b: 1 not positive\n  neutral     0 100   0  so so');
  });
});
