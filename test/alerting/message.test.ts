import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alertMessage, plainName } from '../../src/alerting/delivery/message.js';
import type { Alert, AlertMeasure } from '../../src/contracts/alert.js';
import { alertOf } from './alerts.js';
import { acknowledged, english, firing, resolved } from './notices.js';

describe('what people read about an alert', () => {
  it('explains itself', () => {
    expect(alertMessage(firing, 'firing', english)).toEqual({
      title: 'Acme: 24 negative posts where 2 were expected (negative-surge)',
      facts: [
        { label: 'Brand', value: 'Acme' },
        { label: 'Rule', value: 'negative-surge' },
        { label: 'Window', value: '2026-03-01 21:10 UTC – 2026-03-01 21:15 UTC (5m)' },
        { label: 'Observed', value: '24' },
        { label: 'Expected', value: '2' },
        { label: 'Posts in the window', value: '30' },
        { label: 'Negative share', value: '80%, before 20%' },
        { label: 'Sources', value: 'forum 30' },
        { label: 'Fired', value: '2026-03-01 21:15 UTC' },
        { label: 'Alert', value: 'acme:negative-surge:1772399700000' },
      ],
      link: { text: 'Open the page', url: 'https://sentiment.example.com/#brand=acme' },
    });
  });

  it('is said in Chinese where the configuration says so', () => {
    const chinese = { ...english, language: 'zh' as const };
    expect(alertMessage(firing, 'firing', chinese).title).toBe(
      'Acme：负面帖子 24 条，预期 2 条（negative-surge）',
    );
    expect(alertMessage(resolved, 'resolved', chinese).title).toBe('Acme：negative-surge 已恢复');
    expect(alertMessage(acknowledged, 'acknowledged', chinese, true)).toMatchObject({
      title: '【测试】Acme：negative-surge 已由 kim 确认',
      facts: expect.arrayContaining([
        { label: '负面占比', value: '80%，此前 20%' },
        { label: '确认人', value: 'kim，2026-03-01 21:16 UTC' },
      ]),
      link: { text: '打开页面' },
    });
  });

  it('tells of the worst and the end once there are any', () => {
    const { facts } = alertMessage({ ...resolved, peak: 1_234 }, 'resolved', english);
    expect(facts).toContainEqual({ label: 'Worst', value: '1,234' });
    expect(facts).toContainEqual({ label: 'Resolved', value: '2026-03-01 21:20 UTC' });
  });

  it.each<[AlertMeasure, number, number, string]>([
    ['volume', 1_200, 300.4, '1,200 posts where 300 were expected'],
    ['negative_count', 9, 0.333, '9 negative posts where 0.33 were expected'],
    ['negative_share', 0.8, 0.215, '80% of posts negative where 21.5% were expected'],
    ['polarity', -0.614, 0.1, 'mean polarity -0.61 where 0.1 was expected'],
  ])('says in the unit of %s what was observed', (measure, observed, expected, words) => {
    const alert = { ...firing, measure, observed, expected };
    expect(alertMessage(alert, 'firing', english).title).toBe(`Acme: ${words} (negative-surge)`);
  });

  it.each([
    [4.123e-9, '4.1e-9'],
    [0.00234, '0.0023'],
    [0, '0'],
  ])('gives the p-value %s, where the alert has one, as %s', (pValue, value) => {
    const { facts } = alertMessage({ ...firing, pValue }, 'firing', english);
    expect(facts).toContainEqual({ label: 'p-value', value });
  });

  it('says where an alert ends because it has become the usual', () => {
    const ended: Alert = { ...resolved, resolution: 're-baselined' };
    expect(alertMessage(ended, 'resolved', english).title).toBe(
      'Acme: negative-surge ends, and is taken for the usual from now on',
    );
  });

  it('names the five sources with most posts and counts the others', () => {
    const bySource = { a: 1, b: 9, c: 3, d: 4, e: 5, f: 6, g: 7 };
    const { facts } = alertMessage(
      alertOf({ evidence: { ...firing.evidence, bySource } }),
      'firing',
      english,
    );
    expect(facts).toContainEqual({ label: 'Sources', value: 'b 9, g 7, f 6, e 5, d 4, and 2 more' });
  });

  it('names top terms, posts and the trace where the alert has them', () => {
    const evidence = {
      ...firing.evidence,
      terms: [
        { term: 'refund', negative: 1_200, other: 3 },
        { term: '电池\u202e', negative: 4, other: 0 },
      ],
      postIds: ['post-1', 'p'.repeat(256), 'two\nlines'],
    };
    const { facts } = alertMessage({ ...firing, evidence, traceId: 'a'.repeat(32) }, 'firing', english);
    expect(facts).toContainEqual({ label: 'Top terms', value: 'refund 1,200, 电池 4' });
    expect(facts).toContainEqual({ label: 'Posts', value: `post-1, ${'p'.repeat(256)}, two lines` });
    expect(facts).toContainEqual({ label: 'Trace', value: 'a'.repeat(32) });
    const words = alertMessage({ ...firing, evidence }, 'firing', { ...english, language: 'zh' });
    expect(words.facts).toContainEqual({ label: '高频词', value: 'refund 1,200, 电池 4' });
    expect(words.facts.map(({ label }) => label)).not.toContain('追踪编号');
  });

  it('keeps a path of the page, and links nowhere where its address is not configured', () => {
    const below = { ...english, pageUrl: 'https://example.com/sentiment/?team=1' };
    expect(alertMessage(firing, 'firing', below).link?.url).toBe(
      'https://example.com/sentiment/?team=1#brand=acme',
    );
    expect(alertMessage(firing, 'firing', { ...english, pageUrl: undefined })).not.toHaveProperty('link');
  });

  it('fills a name in as it is, also one that looks like a place to fill in', () => {
    const { title } = alertMessage(firing, 'firing', { ...english, brandName: () => '{rule} $& {x}' });
    expect(title).toBe('{rule} $& {x}: 24 negative posts where 2 were expected (negative-surge)');
  });
});

describe('a name', () => {
  it('is one short line without controls, whatever others wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0x10ffff), { maxLength: 120 }), (codePoints) => {
        const plain = plainName(String.fromCodePoint(...codePoints));
        expect(plain).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        expect(Array.from(plain).length).toBeLessThanOrEqual(80);
      }),
    );
    expect(plainName('艾克美 مثال')).toBe('艾克美 مثال');
  });
});
