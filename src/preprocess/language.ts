import { CLASS, classOfPair, HIGH_SURROGATE, IDEOGRAPH } from './characters.js';
import { tellLatin } from './latin-languages.js';
import { placeholderEnd } from './normalise.js';
import {
  ARABIC,
  CYRILLIC,
  HAN,
  KANA,
  LANGUAGES_OF,
  LATIN,
  NO_SCRIPT,
  SCRIPT_COUNT,
  SCRIPT_OF,
  WEIGHT_OF,
} from './scripts.js';

/** What was told of a text's language. */
export interface ToldLanguage {
  /** ISO 639-1, `und` where it cannot be told. */
  readonly language: string;
  /** True where the text is known to be in none of the supported languages. */
  readonly unsupported: boolean;
}

export type TellLanguage = (normalised: string, hint?: string) => ToldLanguage;

const UNDETERMINED = 'und';

/** Japanese with fewer kana than one letter in this many is Chinese that quotes some, or draws a face with them. */
const KANA_SHARE = 5;
/** A text of at most this many Han characters may be Japanese without kana, if the source says so. */
const SHORT_HAN = 12;

/** Latin words that say nothing are names in a text of another script that has at least this share of theirs. */
const NAMES_SHARE = 1 / 2;

/**
 * Letters that only some languages of a script write, most telling first. Each occurrence is worth its points;
 * the greatest sum wins.
 */
const TELLING_LETTERS: ReadonlyMap<
  number,
  ReadonlyMap<number, readonly (readonly [string, number])[]>
> = new Map([
  [
    ARABIC,
    tellingLetters([
      ['ar', 'ةيكىئإؤ', 1],
      ['fa', 'یکپچژگ', 1],
      ['ur', 'ٹڈڑےںہھ', 2],
      ['ur', 'یکپچگ', 1],
      ['ps', 'ټډړږښګېۍ', 3],
      ['ku', 'ێۆڕڵە', 3],
    ]),
  ],
  [
    CYRILLIC,
    tellingLetters([
      ['ru', 'ыэёщ', 1],
      ['uk', 'іїєґ', 2],
      ['be', 'ў', 4],
      ['be', 'іыэё', 1],
      ['bg', 'ъщ', 1],
      ['sr', 'јљњћђџ', 2],
      ['mk', 'ѓќѕ', 4],
      ['mk', 'јљњџ', 1],
      ['kk', 'қғңәұһ', 3],
    ]),
  ],
]);

function tellingLetters(
  rows: ReadonlyArray<readonly [language: string, letters: string, points: number]>,
): ReadonlyMap<number, readonly (readonly [string, number])[]> {
  const table = new Map<number, (readonly [string, number])[]>();
  for (const [language, letters, points] of rows) {
    for (const letter of letters) {
      const unit = letter.charCodeAt(0);
      table.set(unit, [...(table.get(unit) ?? []), [language, points]]);
    }
  }
  return table;
}

const letters = new Int32Array(SCRIPT_COUNT);

/**
 * Tells a normalised text's language: by its script where the script has one language, by telling letters
 * among those of Arabic and Cyrillic, by words, endings and letters in Latin. The hint (a BCP 47 tag) decides
 * only between languages that the text speaks for alike.
 *
 * `und` is what is too short to tell, and it is not unsupported where it is in Latin letters or has none: most
 * such posts are names and exclamations (`omg NovaPhone 😍`) that the model reads well. It is unsupported in a
 * script that no supported language uses, and where a dozen Latin words hold none that any listed language has.
 *
 * @param supported ISO 639-1 codes that the model was trained on
 */
export function createLanguageTeller(supported: readonly string[]): TellLanguage {
  const isSupported = new Set(supported);
  const told = (language: string): ToldLanguage => ({
    language,
    unsupported: !isSupported.has(language),
  });

  return (normalised, tag) => {
    const hint = tag === undefined ? undefined : primarySubtag(tag);
    countLetters(normalised);
    const script = mainScript();
    if (script === NO_SCRIPT) return { language: UNDETERMINED, unsupported: false };
    if (script !== LATIN) return told(languageOfScript(script, normalised, hint));
    const verdict = tellLatin(normalised, hint);
    if (verdict.kind === 'told') return told(verdict.language);
    const other = mainScript(LATIN);
    if (weightOf(other) >= NAMES_SHARE * weightOf(LATIN))
      return told(languageOfScript(other, normalised, hint));
    return { language: UNDETERMINED, unsupported: verdict.kind === 'unlisted' };
  };
}

/** `pt-BR` and `PT_br` are `pt`; Twitter's old codes are the present ones. */
function primarySubtag(tag: string): string {
  const subtag = tag.split(/[-_]/, 1)[0]?.toLowerCase() ?? '';
  return { in: 'id', iw: 'he', ji: 'yi' }[subtag] ?? subtag;
}

/** Counts each script's letters in `letters`. */
function countLetters(text: string): void {
  letters.fill(0);
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit === 0x3c) {
      i = Math.max(i, placeholderEnd(text, i) - 1);
      continue;
    }
    let script = SCRIPT_OF[unit] ?? NO_SCRIPT;
    if (CLASS[unit] === HIGH_SURROGATE && classOfPair(unit, text.charCodeAt(i + 1)) === IDEOGRAPH)
      script = HAN;
    letters[script] = (letters[script] ?? 0) + 1;
  }
  letters[NO_SCRIPT] = 0;
}

/** The script that most of the counted text is written in, but for `except`. */
function mainScript(except = NO_SCRIPT): number {
  let main = NO_SCRIPT;
  for (let script = 1; script < SCRIPT_COUNT; script += 1) {
    if (script !== except && weightOf(script) > weightOf(main)) main = script;
  }
  return main;
}

function weightOf(script: number): number {
  return (letters[script] ?? 0) * (WEIGHT_OF[script] ?? 1);
}

function languageOfScript(script: number, text: string, hint: string | undefined): string {
  if (script === HAN || script === KANA) {
    const han = letters[HAN] ?? 0;
    const kana = letters[KANA] ?? 0;
    if (KANA_SHARE * kana >= han + kana) return 'ja';
    return hint === 'ja' && han <= SHORT_HAN ? 'ja' : 'zh';
  }
  const candidates = LANGUAGES_OF[script] ?? [];
  const byLetters = languageByLetters(script, text);
  if (byLetters !== undefined) return byLetters;
  if (hint !== undefined && candidates.includes(hint)) return hint;
  return candidates[0] ?? UNDETERMINED;
}

function languageByLetters(script: number, text: string): string | undefined {
  const telling = TELLING_LETTERS.get(script);
  if (telling === undefined) return undefined;
  const sums = new Map<string, number>();
  for (let i = 0; i < text.length; i += 1) {
    const languages = telling.get(text.charCodeAt(i));
    if (languages === undefined) continue;
    for (const [language, points] of languages) sums.set(language, (sums.get(language) ?? 0) + points);
  }
  let best: string | undefined;
  for (const [language, sum] of sums) {
    if (best === undefined || sum > (sums.get(best) ?? 0)) best = language;
  }
  return best;
}
