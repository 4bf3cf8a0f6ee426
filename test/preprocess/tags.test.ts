import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachTag, readHashtag } from '../../src/preprocess/tags.js';

function tagsIn(composed: string): string[] {
  const tags: string[] = [];
  forEachTag(composed, {
    mention: (name) => tags.push(`@${name}`),
    hashtag: ({ text }) => tags.push(`#${text}`),
  });
  return tags;
}

/** The hashtag with a bar at each place where a word may start or end. */
function wordsOf(tag: string): string {
  const { text, boundaries } = readHashtag(tag, 0);
  return Array.from({ length: text.length + 1 }, (_, i) => (boundaries[i] ? '|' : '') + text.charAt(i)).join(
    '',
  );
}

describe('mentions and hashtags', () => {
  it('are read folded and in order', () => {
    expect(tagsIn('RT @Nova_Help: #NovaPhone #Über_Cool @小明')).toEqual([
      '@nova_help',
      '#novaphone',
      '#übercool',
      '@小明',
    ]);
  });

  it('end at punctuation, emoji and the next sign', () => {
    expect(tagsIn('#nova, #phone😍 #a#b @jo! #新手机#')).toEqual([
      '#nova',
      '#phone',
      '#a',
      '#b',
      '@jo',
      '#新手机',
    ]);
  });

  it('are not looked for in addresses and e-mail addresses', () => {
    expect(tagsIn('https://nova.example/@nova#nova www.nova.example/#x jo@nova.example')).toEqual([]);
  });

  it('need a name', () => {
    expect(tagsIn('# @ ## @@ #! @1 #_')).toEqual([]);
  });

  it('are taken from any string', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('#', '@', 'a', 'A', '_', '好', '\ud842', '\udfb7', ' ', '/') }),
        (text) => {
          for (const tag of tagsIn(text)) expect(tag.length).toBeGreaterThan(1);
        },
      ),
    );
  });
});

describe('the words of a hashtag', () => {
  it.each([
    ['#LoveMyNovaPhone', '|love|my|nova|phone|'],
    ['#lovemynovaphone', '|lovemynovaphone|'],
    ['#nova_phone', '|nova|phone|'],
    ['#NOVAPhone15Pro', '|nova|phone|15|pro|'],
    ['#手机nova', '|手|机|nova|'],
    ['#𠮷野', '|𠮷|野|'],
    ['#كتـاب', '|كتاب|'],
  ])('of %s are %s', (tag, words) => {
    expect(wordsOf(tag)).toBe(words);
  });
});
