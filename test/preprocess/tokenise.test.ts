import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNKNOWN_ID, Vocabulary } from '../../src/model/vocabulary.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';

const vocabulary = new Vocabulary([
  '<pad>',
  '<unk>',
  '<url>',
  'un',
  'bear',
  '##bear',
  '##able',
  '##a',
  '##b',
  'a',
  '很',
  '好',
  '好吃',
  '不太好',
  '😀',
  '!',
]);
const tokenise = createTokeniser(vocabulary, 8);

/** The tokens of a text by a tokeniser that has seen no other. */
const tokensAlone = (text: string) => createTokeniser(vocabulary, 8)(text).tokens;

/** Any code units, halves of surrogate pairs among them. */
const anyText = fc
  .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 })
  .map((units) => String.fromCharCode(...units));

/** The pieces by name: they say more than ids. */
function pieces(text: string): readonly (string | undefined)[] {
  return [...tokenise(text).tokens].map((id) => vocabulary.pieces[id]);
}

/** The definition, by trying each piece. */
function longestPieces(word: string): readonly string[] {
  const found: string[] = [];
  for (let start = 0; start < word.length; ) {
    const prefix = start === 0 ? '' : '##';
    const lengths = Array.from({ length: word.length - start }, (_, i) => word.length - start - i);
    const length = lengths.find((size) =>
      vocabulary.pieces.includes(prefix + word.slice(start, start + size)),
    );
    if (length !== undefined) found.push(prefix + word.slice(start, start + length));
    else if (found.at(-1) !== '<unk>') found.push('<unk>');
    start += length ?? 1;
  }
  return found;
}

describe('createTokeniser', () => {
  it('takes the longest pieces from the start of each word', () => {
    expect(pieces('unbearable bear!')).toEqual(['un', '##bear', '##able', 'bear', '!']);
  });

  it('takes the longest piece of ideographs from each on, across what would be words', () => {
    expect(pieces('很好吃')).toEqual(['很', '好吃']);
    expect(pieces('好不太好吃')).toEqual(['好', '不太好', '<unk>']);
    expect(pieces('不太a')).toEqual(['<unk>', '<unk>', 'a']);
  });

  it('takes each other ideograph, emoji and placeholder as a word', () => {
    expect(pieces('很好😀<url>')).toEqual(['很', '好', '😀', '<url>']);
  });

  it('gives one unknown token for a stretch of a word that no piece covers', () => {
    expect(pieces('xyz')).toEqual(['<unk>']);
    expect(pieces('axyzb')).toEqual(['a', '<unk>', '##b']);
    expect(pieces('𓀀𓀀')).toEqual(['<unk>', '<unk>']);
  });

  it('does not take the piece that continues a word for one that starts it', () => {
    expect(pieces('able')).toEqual(['a', '##b', '<unk>']);
    expect(pieces('##able')).toEqual(['<unk>', 'a', '##b', '<unk>']);
  });

  it('keeps the head and the tail of a longer text', () => {
    const { tokens, truncated } = tokenise('a a a a un un un bear bear bear bear');
    expect(truncated).toBe(true);
    const [a, bear] = [vocabulary.idOf('a'), vocabulary.idOf('bear')];
    expect([...tokens]).toEqual([a, a, a, a, bear, bear, bear, bear]);
  });

  it('does not call a text of exactly the maximum truncated', () => {
    expect(tokenise('a a a a a a a a')).toMatchObject({ truncated: false });
  });

  it('gives the first half the odd token of an odd maximum', () => {
    const three = createTokeniser(vocabulary, 3)('a un bear 很');
    expect([...three.tokens].map((id) => vocabulary.pieces[id])).toEqual(['a', 'un', '很']);
  });

  it('leaves the tokens of a text as they were, however many come after it', () => {
    const texts = ['un bear 很', '', 'a a a a un un un bear bear bear bear', 'unbearable!'];
    const one = createTokeniser(vocabulary, 8);
    const given = Array.from({ length: 3_000 }, (_, i) => one(texts[i % texts.length] ?? '').tokens);
    const alone = texts.map(tokensAlone);
    for (const [i, tokens] of given.entries()) expect(tokens).toEqual(alone[i % alone.length]);
  });

  it('takes the longest piece each time, as WordPiece does', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'e', 'r', 'u', 'n', 'x'), {
      minLength: 1,
      maxLength: 7,
    });
    fc.assert(
      fc.property(letters, (chosen) => {
        const word = chosen.join('');
        expect(pieces(word)).toEqual(longestPieces(word).slice(0, 8));
      }),
    );
  });

  it('takes a word that no language writes as unknown, so that it costs next to nothing', () => {
    expect(pieces('ab'.repeat(500_000))).toEqual(['<unk>']);
  });

  it('gives 1 to the maximum of known ids for every text with a word, and never padding', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const { tokens } = tokenise(`a${text}`);
        expect(tokens.length).toBeGreaterThan(0);
        expect(tokens.length).toBeLessThanOrEqual(8);
        for (const id of tokens) {
          expect(id).toBeGreaterThanOrEqual(UNKNOWN_ID);
          expect(id).toBeLessThan(vocabulary.size);
        }
      }),
    );
  });

  it('puts a word together again from its pieces where every character is known', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 7 }), (letters) => {
        const word = `a${letters.join('')}`;
        expect(
          pieces(word)
            .map((piece) => piece?.replace('##', ''))
            .join(''),
        ).toBe(word);
      }),
    );
  });
});
