import { describe, expect, it } from 'vitest';
import {
  CLASS,
  classAt,
  classOfPair,
  DIGIT,
  FOLD,
  IDEOGRAPH,
  INVISIBLE,
  LETTER,
  MARK,
  OTHER,
  SPACE,
} from '../../src/preprocess/characters.js';

const unit = (character: string) => character.charCodeAt(0);

describe('classes of code units', () => {
  it.each([
    [LETTER, ['a', 'É', 'ж', 'ب', 'न', '한', 'ก']],
    [DIGIT, ['7', '٣', '½']],
    [MARK, ['\u0301', '\u093f', '\u064b']],
    [IDEOGRAPH, ['好', 'か', 'カ', 'ー', 'ㄅ']],
    [SPACE, [' ', '\n', '\u0085', '\u00a0', '\u3000', '\u2028']],
    [INVISIBLE, ['\u0000', '\u200b', '\u200d', '\ufe0f', '\u034f', '\u3164', '\ufffd']],
    [OTHER, ['!', '#', '@', '€', '❤', '。']],
  ])('class %i holds %j', (kind, characters) => {
    expect(characters.map((character) => CLASS[unit(character)])).toEqual(characters.map(() => kind));
  });

  it('tells characters beyond the first plane by their surrogates', () => {
    const classOf = (character: string) => classOfPair(unit(character), character.charCodeAt(1));
    expect(classOf('𠮷')).toBe(IDEOGRAPH);
    expect(classOf('😀')).toBe(OTHER);
    expect(classOf('🏽')).toBe(INVISIBLE);
    expect(classOf('\u{e0041}')).toBe(INVISIBLE);
    expect(classOf('𐐀')).toBe(LETTER);
  });

  it('takes both ends of a text for space', () => {
    expect([classAt('a', -1), classAt('a', 0), classAt('a', 1)]).toEqual([SPACE, LETTER, SPACE]);
  });
});

describe('folding', () => {
  it('gives each unit one unit, or none', () => {
    expect(String.fromCharCode(FOLD[unit('É')] ?? 0)).toBe('é');
    expect(String.fromCharCode(FOLD[unit('’')] ?? 0)).toBe("'");
    expect(FOLD[unit('\u0640')]).toBe(0);
  });

  it('is settled: what is folded folds to itself', () => {
    const unsettled = FOLD.filter((folded) => folded !== 0 && FOLD[folded] !== folded);
    expect([...unsettled]).toEqual([]);
  });
});
