import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compose, normalise, placeholderEnd } from '../../src/preprocess/normalise.js';
import { anyPost } from './any-text.js';

/** Six times the largest post that is scored: what takes quadratic time runs into the time-out here. */
const LARGE = 6 * 65_536;

const LONE_SURROGATE = /\p{Cs}/u;

describe('what normalising does to a post', () => {
  it.each([
    ['one case and one space', '  HELLO \t\n World\u3000again ', 'hello world again'],
    ['entities, also those escaped twice', 'fish &amp;amp; chips &lt;3 don&#39;t', "fish & chips <3 don't"],
    ['compatibility forms', 'ＳＡＬＥ ｶﾞ ﬁne ①', 'sale ガ fine 1'],
    ['composed letters', 'cafe\u0301', 'café'],
    ['apostrophes, quotes and dashes of one kind', '“don’t” – l´été', '"don\'t" - l\'été'],
    ['addresses', 'see https://nova.example/a?b=c#d, ok', 'see <url>, ok'],
    ['addresses without a scheme', 'www.nova.com or t.co/aB3.', '<url> or <url>.'],
    ['an address right before Chinese', '看http://t.cn/Rx8好', '看<url>好'],
    ['an address cut off by a repost', 'read http:/ ...', 'read <url> ...'],
    ['mentions', '@Nova_Help @jo@social.example @jo.bsky.social', '<user> <user> <user>'],
    ['Weibo mentions', '回复@小明-同学:好', '回复<user>:好'],
    ['e-mail addresses', 'write to Jo.Doe@mail.example.org!', 'write to <email>!'],
    [
      'hashtags, cut into their words',
      '#NeverAgain #HTTPServer #covid19 #never_again',
      '# never again # http server # covid 19 # never again',
    ],
    ['hashtags in Chinese', '今天#新手机#真好', '今天 # 新手机 # 真好'],
    ['elongation', 'Loooove!!!! 哈哈哈哈哈 soooo', 'loove!! 哈哈 soo'],
    ['numbers, which are not elongated', '10000000', '10000000'],
    ['dots', 'well.. ok......', 'well... ok...'],
    ['emoji without tone, gender and variation', '❤️🤷🏽‍♀️👍🏿 1️⃣', '❤🤷👍 1'],
    ['repeated emoji', '😍😍😍😍😍', '😍😍'],
    ['flags', '🇩🇪🇫🇷', '🇩🇪🇫🇷'],
    ['Arabic vowel signs, the tatweel and the seats of alef', 'أُحِبّـــه إلى', 'احبه الى'],
    ['marks of Devanagari, which are letters of the word', 'हिन्दी', 'हिन्दी'],
    ['what cannot be seen', 'a\u200bb\u202ec\u0000d\ufeff', 'abcd'],
    ['lone surrogates', 'a\ud83db\udc4dc', 'abc'],
  ])('settles %s', (_, text, normalised) => {
    expect(normalise(text)).toBe(normalised);
  });

  it.each(['', ' \n\t', '\u200b\u200d\ufe0f', '\ud800', '\u0301\u0301'])('leaves nothing of %j', (text) => {
    expect(normalise(text)).toBe('');
  });

  it('keeps mentions, hashtags, addresses and capitals where it has only composed', () => {
    expect(compose('@Nova &amp; #NovaPhone\u200b http://t.co/x Ｏk')).toBe(
      '@Nova & #NovaPhone http://t.co/x Ok',
    );
  });
});

describe('any string', () => {
  it('is taken, and comes out well formed, trimmed and with single spaces', () => {
    fc.assert(
      fc.property(anyPost, (text) => {
        const normalised = normalise(text);
        expect(normalised).not.toMatch(LONE_SURROGATE);
        expect(normalised).not.toMatch(/^\s|\s$|\s\s|[^\S ]/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has no capital of plain letters and nothing invisible left', () => {
    fc.assert(
      fc.property(anyPost, (text) => {
        expect(normalise(text)).not.toMatch(/[A-Z]|\p{Cc}|[\u200b-\u200f\u202a-\u202e\ufeff]|\ufe0f/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it('gives the same again when it is normalised again', () => {
    const settled = fc
      .array(
        fc.constantFrom(
          ...[
            'nova ',
            'Phone',
            '15 ',
            '@Jo ',
            '#BestBuy ',
            'http://t.co/a ',
            '!!!!',
            '... ',
            '👍🏽',
            '❤️',
            '好好好',
            '한국 ',
          ],
          ...[
            'cafe\u0301 ',
            'ＡＢ',
            'مرحبا ',
            'हिन्दी ',
            '&lt;3 ',
            '\u200b',
            '\ud800',
            'a@b.org ',
            '“so” ',
            ' – ',
          ],
        ),
        { maxLength: 30 },
      )
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(settled, (text) => {
        const once = normalise(text);
        expect(normalise(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is not the same again in the cases that are documented', () => {
    expect(normalise(normalise('&amp;amp;amp;'))).not.toBe(normalise('&amp;amp;amp;'));
    expect(normalise(normalise('#httpServer'))).not.toBe(normalise('#httpServer'));
  });
});

describe('a text larger than any post', () => {
  it.each([
    ['combining marks', '\u0301\u0327'],
    ['combining marks kept apart by what is not seen', `${'\u0301\u0327'.repeat(4)}\u200b`],
    ['half-width voicing signs among marks', 'ﾞ\u0301'],
    ['at signs', '@'],
    ['mentions', '@a'],
    ['half e-mail addresses', 'a@b-'],
    ['hash signs', '#'],
    ['schemes', 'http://'],
    ['schemes that lead nowhere', 'http:/-'],
    ['hosts', 'a.co/'],
    ['slashes', 'a/'],
    ['ampersands', '&'],
    ['entities that do not end', '&amp'],
    ['lone surrogates', '\ud800'],
    ['characters that stand for eighteen', '\ufdfa  # @ .'],
    ['families', '👨\u200d👩\u200d👧'],
  ])('is normalised in linear time: %s', (_, unit) => {
    const large = unit.repeat(Math.ceil(LARGE / unit.length));
    expect(normalise(large)).not.toMatch(LONE_SURROGATE);
  });
});

describe('placeholderEnd', () => {
  it('passes over a placeholder and over nothing else', () => {
    expect(placeholderEnd('hi <user>!', 3)).toBe(9);
    expect(placeholderEnd('hi <3 you', 3)).toBe(3);
    expect(placeholderEnd('<userx', 0)).toBe(0);
  });
});
