import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brandSchema } from '../../src/contracts/brand.js';
import { createPreparer } from '../../src/preprocess/prepare.js';
import { anyText } from './any-text.js';

const brands = [
  brandSchema.parse({ id: 'nova', name: 'Nova', keywords: ['NovaPhone'], handles: ['nova'] }),
  brandSchema.parse({ id: 'orion', name: 'Orion', keywords: ['orion'], languages: ['de'] }),
];

/** One id a code unit, at most eight: enough to see what is handed on. */
const tokenise = (normalised: string) => ({
  tokens: Int32Array.from(normalised.slice(0, 8), (unit) => unit.charCodeAt(0)),
  truncated: normalised.length > 8,
});

const prepare = createPreparer({ tokenise, languages: ['en', 'de', 'zh'], brands });

describe('preparing a post', () => {
  it('joins all stages', () => {
    expect(
      prepare('The battery of my NOVAPHONE died, and orion has better ones @nova http://t.co/x'),
    ).toEqual({
      language: 'en',
      unsupportedLanguage: false,
      tokens: Int32Array.from('the batt', (unit) => unit.charCodeAt(0)),
      truncated: true,
      brands: ['nova'],
      exactFingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      nearFingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
      terms: ['novaphone', 'battery', 'better', 'orion', 'died', 'ones'],
    });
  });

  it('counts a brand in its languages, as told from the text', () => {
    expect(prepare('Mein Orion ist leider nicht so gut')?.brands).toEqual(['orion']);
  });

  it('says where the model does not know the language', () => {
    const prepared = prepare('Bateria padła po dwóch dniach i nikt nie odpowiada, to jest słabe');
    expect(prepared).toMatchObject({ language: 'pl', unsupportedLanguage: true });
  });

  it('lets the hint of the source decide where the text does not', () => {
    expect(prepare('Orion!!!', 'de-AT')).toMatchObject({ language: 'de', brands: ['orion'] });
    expect(prepare('Orion!!!')).toMatchObject({ language: 'und', brands: [] });
  });

  it('gives posts that differ in address and mention one near fingerprint', () => {
    const one = prepare('NovaPhone recalls its batteries @jo http://t.co/a');
    const other = prepare('RT @mo: NovaPhone recalls its batteries http://t.co/b!!');
    expect(one?.nearFingerprint).toBe(other?.nearFingerprint);
    expect(one?.exactFingerprint).not.toBe(other?.exactFingerprint);
  });

  it.each(['', ' \n\t ', '\u200b\u2060\ufe0f', '\ud800', '\u0000'])('gives nothing for %j', (text) => {
    expect(prepare(text)).toBeUndefined();
  });

  it('gives nothing, or something to score, for any string', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const prepared = prepare(text);
        expect(prepared?.tokens.length).not.toBe(0);
        expect(prepare(text)).toEqual(prepared);
      }),
    );
  });
});
