import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalise } from '../../src/preprocess/normalise.js';
import { termsOf } from '../../src/preprocess/terms.js';
import { anyText } from './any-text.js';

const terms = (text: string, language = 'en') => termsOf(normalise(text), language);

describe('the words that carry a post', () => {
  it('leave out the words that only hold sentences together', () => {
    expect(terms('The battery of my phone died after two days')).toEqual([
      'battery',
      'phone',
      'died',
      'days',
    ]);
    expect(terms('Der Akku ist nach zwei Tagen leer', 'de')).toEqual(['tagen', 'akku', 'leer']);
    expect(terms("C'est l'écran de la batterie morte", 'fr')).toEqual(['batterie', 'écran', 'morte']);
    expect(terms('फोन की बैटरी बहुत खराब है', 'hi')).toEqual(['बैटरी', 'खराब', 'फोन']);
    expect(terms('البطارية سيئة جدا لا ترد', 'ar')).toEqual(['البطارية', 'سيئة', 'ترد']);
  });

  it('leave out placeholders, numbers, single letters and negations cut at the apostrophe', () => {
    expect(terms("@user 100 x http://t.co/a didn't refund, jo@mail.org")).toEqual(['refund']);
  });

  it('leave out English small words in every language, since posts mix them in', () => {
    expect(terms('this bakwas phone is the worst hai', 'hi')).toEqual(['bakwas', 'phone', 'worst']);
  });

  it('leave out the small words of all languages where the language is not told', () => {
    expect(terms('der la the NovaPhone', 'und')).toEqual(['novaphone']);
  });

  it('put first what is said often, then what stands in a hashtag or is long', () => {
    expect(terms('refund please! support, refund, refund')[0]).toBe('refund');
    expect(terms('some fail and #recall')[0]).toBe('recall');
  });

  it('are at most eight, each once', () => {
    const many = terms('alpha bravo charlie delta echo foxtrot golf hotel india juliett alpha');
    expect(many).toHaveLength(8);
    expect(new Set(many).size).toBe(8);
    expect(many[0]).toBe('alpha');
  });

  it('are those with the most points, of two alike the earlier one', () => {
    const word = fc.string({ unit: fc.constantFrom('x', 'y', 'z'), minLength: 2, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), (words) => {
        const pointsOf = (own: string) => own.length + 4 * words.filter((other) => other === own).length;
        const expected = [...new Set(words)].sort((one, other) => pointsOf(other) - pointsOf(one));
        expect(termsOf(words.join(' '), 'en')).toEqual(expected.slice(0, 8));
      }),
    );
  });

  it('cut Chinese at its function characters, and longer runs into pairs', () => {
    expect(terms('电池太差了，退货', 'zh')).toEqual(['电池', '退货']);
    expect(terms('客服态度', 'zh')).toEqual(['客服', '服态', '态度']);
    expect(terms('充电宝和数据线', 'zh')).toEqual(['充电宝', '数据线']);
  });

  it('leave out what is mashed on a keyboard or written without spaces', () => {
    expect(terms(`${'asdfghjk'.repeat(9)} refund`)).toEqual(['refund']);
  });

  it('are none where nothing is said', () => {
    expect(terms('😂😂 ... !!')).toEqual([]);
    expect(terms('')).toEqual([]);
  });
});

it('are words of the text for any string and any language', () => {
  fc.assert(
    fc.property(anyText, fc.constantFrom('en', 'zh', 'und', 'xx', ''), (text, language) => {
      const normalised = normalise(text);
      const found = termsOf(normalised, language);
      expect(found.length).toBeLessThanOrEqual(8);
      for (const term of found) expect(normalised).toContain(term);
    }),
  );
});
