import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Brand, brandSchema } from '../../src/contracts/brand.js';
import { SentifluxError } from '../../src/contracts/errors.js';
import { createBrandMatcher } from '../../src/preprocess/brands.js';
import { compose, normalise } from '../../src/preprocess/normalise.js';
import { anyText } from './any-text.js';

const brand = (id: string, rules: Partial<Record<keyof Brand, readonly string[]>>): Brand =>
  brandSchema.parse({ id, name: id, ...rules });

function matcher(...brands: readonly Brand[]) {
  const match = createBrandMatcher(brands);
  return (text: string, language = 'en') => match(compose(text), normalise(text), language);
}

describe('keywords', () => {
  const match = matcher(
    brand('nova', { keywords: ['NovaPhone', 'Nova Phone', '新星手机', 'نوفا', '노바폰'] }),
  );

  it.each([
    'my NOVAPHONE broke',
    'Nova\n  phone!!!',
    '“NovaPhone’s” camera',
    'ＮｏｖａＰｈｏｎｅ',
    'novaphone&amp;co',
    '我买了新星手机真好用',
    'البطارية في النوفا سيئة',
    '노바폰은 정말 좋아요',
    '#NovaPhone',
    '#LoveMyNovaPhone2024',
    '#nova_phone fails',
    '#新星手机#',
  ])('are found in %j', (text) => {
    expect(match(text)).toEqual(['nova']);
  });

  it.each([
    'novaphones',
    'supernovaphone',
    'the nova and the phone',
    'http://novaphone.example/novaphone',
    'http://shop.example/?q=nova-phone',
    '@NovaPhone hi',
    'novaphone@mail.example.org',
    '#lovemynovaphone',
    '',
    '😍',
  ])('are not found in %j', (text) => {
    expect(match(text)).toEqual([]);
  });

  it('with signs and digits in them match as they are written', () => {
    const find = matcher(brand('c', { keywords: ['C++', "L'Oréal", 'AT&T', '7-Eleven', '🍏'] }));
    for (const text of ['I like c++!', 'l’oréal paris', 'at&amp;t', 'the 7–eleven', '😍🍏😍', '#LOréal']) {
      expect(find(text)).toEqual(['c']);
    }
    expect(find('c + +')).toEqual([]);
  });

  it('may belong to several brands, one within the other', () => {
    const find = matcher(
      brand('orion-air', { keywords: ['orion air'] }),
      brand('orion', { keywords: ['orion'] }),
      brand('group', { keywords: ['orion', 'nova'] }),
    );
    expect(find('orion air is late')).toEqual(['orion-air', 'orion', 'group']);
    expect(find('nova')).toEqual(['group']);
  });
});

describe('excluded phrases', () => {
  const match = matcher(
    brand('nova', { keywords: ['nova'], exclude: ['Nova Scotia', 'bossa nova', '"nova" the star'] }),
    brand('travel', { keywords: ['nova scotia'] }),
  );

  it('take the keyword within them away, from their own brand alone', () => {
    expect(match('greetings from Nova Scotia')).toEqual(['travel']);
    expect(match('they play bossa nova')).toEqual([]);
    expect(match('#NovaScotia')).toEqual(['travel']);
  });

  it('leave the keyword elsewhere in the post', () => {
    expect(match('nova opened a shop in Nova Scotia')).toEqual(['nova', 'travel']);
    expect(match('in nova scotia nova opened a shop')).toEqual(['nova', 'travel']);
    expect(match('bossa nova by nova')).toEqual(['nova']);
  });

  it('need to be there as a whole', () => {
    expect(match('nova scot')).toEqual(['nova']);
    expect(match('nova scotians')).toEqual(['nova']);
  });

  it('hold back many keywords of a long post in linear time', () => {
    expect(match('nova scotia '.repeat(20_000))).toEqual(['travel']);
    expect(match(`${'nova scotia '.repeat(20_000)}nova`)).toEqual(['nova', 'travel']);
  });
});

describe('handles', () => {
  const match = matcher(
    brand('nova', { handles: ['@Nova_Help', 'nova.bsky.social', '@nova@social.example', '新星官方'] }),
  );

  it.each([
    'thanks @nova_help!',
    '@NOVA_HELP',
    'via @nova.bsky.social',
    '@nova@social.example',
    '@新星官方 你好',
  ])('match the mention in %j', (text) => {
    expect(match(text)).toEqual(['nova']);
  });

  it.each([
    'nova_help',
    '@nova_helper',
    '@nova',
    '#nova_help',
    'jo@nova.bsky.social',
    'http://x.example/@nova_help',
  ])('do not match %j', (text) => {
    expect(match(text)).toEqual([]);
  });
});

describe('hashtags', () => {
  const match = matcher(brand('nova', { hashtags: ['#TeamNova', 'nova_day', '新星'] }));

  it.each(['#teamnova', 'go #TEAMNOVA!', '＃TeamNova', '#NovaDay', '#新星#发布'])('match %j', (text) => {
    expect(match(text)).toEqual(['nova']);
  });

  it.each(['teamnova', '# teamnova', '#teamnova2', '#goTeamNova', 'http://x.example/#teamnova'])(
    'do not match %j',
    (text) => {
      expect(match(text)).toEqual([]);
    },
  );
});

describe('a brand', () => {
  it('with languages counts in those alone', () => {
    const match = matcher(
      brand('nova-de', { keywords: ['nova'], languages: ['de', 'fr'] }),
      brand('nova', { keywords: ['nova'] }),
    );
    expect(match('nova', 'de')).toEqual(['nova-de', 'nova']);
    expect(match('nova', 'en')).toEqual(['nova']);
    expect(match('nova', 'und')).toEqual(['nova']);
  });

  it('is named once, in the order of the configuration', () => {
    const match = matcher(
      brand('zeta', { keywords: ['zeta'], hashtags: ['zeta'], handles: ['zeta'] }),
      brand('alpha', { keywords: ['alpha'] }),
    );
    expect(match('alpha zeta zeta #zeta @zeta alpha')).toEqual(['zeta', 'alpha']);
  });

  it('whose keywords are a handle and a hashtag is found by them', () => {
    const match = matcher(brand('nova', { keywords: ['@nova', '#nova'] }));
    expect([match('@nova'), match('#nova'), match('nova')]).toEqual([['nova'], ['nova'], []]);
  });

  it('is found whatever stands beside it', () => {
    const match = matcher(brand('nova', { keywords: ['nova'] }));
    fc.assert(
      fc.property(anyText, (text) => {
        expect(match(`${text} nova `).length).toBeLessThanOrEqual(1);
        expect(match(`${text.replaceAll(/[&#@\p{Cs}\p{M}]/gu, '')} . nova .`)).toEqual(['nova']);
      }),
    );
  });
});

describe('many brands', () => {
  it('are each found by their own keyword', () => {
    const brands = Array.from({ length: 10_000 }, (_, i) => brand(`b${i}`, { keywords: [`brand ${i} inc`] }));
    const match = matcher(...brands);
    expect(match('we love brand 77 inc and #Brand9999Inc')).toEqual(['b77', 'b9999']);
    expect(match('we love brand 10000 inc')).toEqual([]);
  });
});

describe('a configuration that can match nothing', () => {
  it.each([
    ['a keyword without anything to see', { keywords: ['\u200b'] }],
    ['a keyword that is an address', { keywords: ['https://nova.example'] }],
    ['a keyword with a mention in it', { keywords: ['by @nova'] }],
    ['an excluded phrase without anything to see', { exclude: ['\u2060'] }],
    ['a handle of two words', { handles: ['nova help'] }],
    ['a handle without a name', { handles: ['@'] }],
    ['a hashtag of two words', { hashtags: ['nova phone'] }],
    ['a hashtag without a name', { hashtags: ['#'] }],
  ])('is refused: %s', (_, rules) => {
    const refused = () => createBrandMatcher([brand('nova', rules)]);
    expect(refused).toThrow(SentifluxError);
    expect(refused).toThrow(/of the brand nova can match nothing/);
  });

  it('is refused where two brands have one id', () => {
    expect(() => createBrandMatcher([brand('nova', {}), brand('nova', {})])).toThrow(
      /two brands have the id "nova"/,
    );
  });
});
