import { CLASS, IDEOGRAPH, LETTER } from './characters.js';

/**
 * Scripts, the blocks of code units that hold their letters, and the languages (ISO 639-1) written in them. The
 * first language is told where neither the letters nor the source say more.
 */
const SCRIPTS = [
  ['latin', '41-24f 1e00-1eff 2c60-2c7f a720-a7ff', ''],
  ['han', '2e80-303f 3100-312f 31a0-31bf 3400-9fff f900-faff', 'zh'],
  ['kana', '3040-30ff 31f0-31ff', 'ja'],
  ['hangul', '1100-11ff 3130-318f a960-a97f ac00-d7ff', 'ko'],
  ['arabic', '600-6ff 750-77f 8a0-8ff', 'ar fa ur ps ku sd ug'],
  ['devanagari', '900-97f', 'hi mr ne sa'],
  ['cyrillic', '400-52f', 'ru uk be bg sr mk kk ky mn tg tt'],
  ['greek', '370-3ff 1f00-1fff', 'el'],
  ['hebrew', '590-5ff', 'he yi'],
  ['thai', 'e00-e7f', 'th'],
  ['armenian', '530-58f', 'hy'],
  ['georgian', '10a0-10ff', 'ka'],
  ['bengali', '980-9ff', 'bn as'],
  ['gurmukhi', 'a00-a7f', 'pa'],
  ['gujarati', 'a80-aff', 'gu'],
  ['oriya', 'b00-b7f', 'or'],
  ['tamil', 'b80-bff', 'ta'],
  ['telugu', 'c00-c7f', 'te'],
  ['kannada', 'c80-cff', 'kn'],
  ['malayalam', 'd00-d7f', 'ml'],
  ['sinhala', 'd80-dff', 'si'],
  ['lao', 'e80-eff', 'lo'],
  ['tibetan', 'f00-fff', 'bo'],
  ['myanmar', '1000-109f', 'my'],
  ['ethiopic', '1200-137f', 'am ti'],
  ['khmer', '1780-17ff', 'km'],
] as const;

/** Number of a letter's script in `SCRIPT_OF`: 0 for what is no letter. */
export const NO_SCRIPT = 0;
/** A letter of a script that is not listed. */
const UNLISTED = SCRIPTS.length + 1;
export const SCRIPT_COUNT = SCRIPTS.length + 2;

export const LATIN = numberOf('latin');
export const HAN = numberOf('han');
export const KANA = numberOf('kana');
const HANGUL = numberOf('hangul');
export const ARABIC = numberOf('arabic');
export const CYRILLIC = numberOf('cyrillic');

function numberOf(name: (typeof SCRIPTS)[number][0]): number {
  return 1 + SCRIPTS.findIndex(([script]) => script === name);
}

/** Languages of a script by its number; none for Latin and for what is not listed. */
export const LANGUAGES_OF: ReadonlyArray<readonly string[]> = [
  [],
  ...SCRIPTS.map(([, , languages]) => languages.split(' ').filter(Boolean)),
  [],
];

/** How much one letter says, by its script: an ideograph is a word or half of one. */
export const WEIGHT_OF: Uint8Array = Uint8Array.from({ length: SCRIPT_COUNT }, (_, script) =>
  script === HAN ? 3 : script === KANA || script === HANGUL ? 2 : 1,
);

function scriptTable(): Uint8Array {
  const table = Uint8Array.from(CLASS, (kind) =>
    kind === LETTER || kind === IDEOGRAPH ? UNLISTED : NO_SCRIPT,
  );
  SCRIPTS.forEach(([, blocks], index) => {
    for (const block of blocks.split(' ')) {
      const [first = 0, last = 0] = block.split('-').map((unit) => Number.parseInt(unit, 16));
      for (let unit = first; unit <= last; unit += 1) {
        if (table[unit] === UNLISTED) table[unit] = index + 1;
      }
    }
  });
  return table;
}

/** Script of each code unit that is a letter. */
export const SCRIPT_OF: Uint8Array = scriptTable();
