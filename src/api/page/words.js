import { EN } from './words/en.js';
import { ZH } from './words/zh.js';

const KEPT = 'sentiflux.language';
const wanted = localStorage.getItem(KEPT) ?? navigator.language;
let language = wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
let formats = makeFormats();

function localeOf() {
  if (language === 'zh') return 'zh-CN';
  return navigator.language.startsWith('en') ? navigator.language : 'en';
}

function makeFormats() {
  const locale = localeOf();
  /** @param {Intl.DateTimeFormatOptions} options */
  const of = (options) => new Intl.DateTimeFormat(locale, { hourCycle: 'h23', ...options });
  /** @param {Intl.NumberFormatOptions} [options] */
  const number = (options) => new Intl.NumberFormat(locale, options);
  return {
    count: number({ maximumFractionDigits: 1 }),
    compact: number({ notation: 'compact', maximumFractionDigits: 1 }),
    share: number({ style: 'percent', maximumFractionDigits: 0 }),
    signed: number({ signDisplay: 'exceptZero', minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    seconds: number({ style: 'unit', unit: 'second', unitDisplay: 'short' }),
    minutes: number({ style: 'unit', unit: 'minute', unitDisplay: 'short' }),
    hours: number({ style: 'unit', unit: 'hour', unitDisplay: 'short' }),
    days: number({ style: 'unit', unit: 'day', unitDisplay: 'long' }),
    narrow: /** @type {const} */ (['minute', 'hour', 'day']).map((unit) =>
      number({ style: 'unit', unit, unitDisplay: 'narrow' }),
    ),
    second: of({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
    minute: of({ hour: '2-digit', minute: '2-digit' }),
    day: of({ month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }),
    date: of({ month: 'short', day: 'numeric' }),
    languages: new Intl.DisplayNames([locale], { type: 'language', fallback: 'code' }),
  };
}

/** @typedef {keyof typeof EN} Word */

/**
 * A sentence in the reader's language, with values in the places of `{name}`.
 *
 * @param {Word} key
 * @param {Readonly<Record<string, string | number>>} [values]
 */
export function say(key, values = {}) {
  const words = language === 'zh' ? ZH : EN;
  return words[key].replaceAll(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** @param {number} value */
export const count = (value) => formats.count.format(value);
/** @param {number} value */
export const compact = (value) => formats.compact.format(value);
/** @param {number} value */
export const signed = (value) => formats.signed.format(value);
/**
 * A part of a whole in percent; a dash where there is no whole.
 *
 * @param {number} part
 * @param {number} whole
 */
export const share = (part, whole) => (whole > 0 ? formats.share.format(part / whole) : '–');

/** @param {number} millis */
export function duration(millis) {
  if (millis < 60_000) return formats.seconds.format(millis / 1_000);
  if (millis < 3_600_000) return formats.minutes.format(millis / 60_000);
  if (millis < 2 * 86_400_000) return formats.hours.format(millis / 3_600_000);
  return formats.days.format(millis / 86_400_000);
}

/** The same for a button: `10m`, `24h`, `7d`. @param {number} millis */
export function shortDuration(millis) {
  const [minutes, hours, days] = formats.narrow;
  if (millis < 3_600_000) return minutes?.format(millis / 60_000) ?? '';
  if (millis < 2 * 86_400_000) return hours?.format(millis / 3_600_000) ?? '';
  return days?.format(millis / 86_400_000) ?? '';
}

/**
 * @param {number} time milliseconds since the epoch
 * @param {'second' | 'minute' | 'day' | 'date'} detail
 */
export const clockTime = (time, detail = 'second') => formats[detail].format(time);

/** @param {string} code as posts have it; some are none that browsers know */
export function languageName(code) {
  try {
    return formats.languages.of(code) ?? code;
  } catch {
    return code;
  }
}

/** A brand's name; the two built-in ones are named here. @param {{ id: string, name: string }} brand */
export function brandName({ id, name }) {
  return id === '_all' ? say('allBrands') : id === '_other' ? say('otherBrands') : name;
}

/** Puts the words of the reader's language into the page. */
export function translatePage() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  /** @param {string | undefined} key */
  const word = (key) => say(/** @type {Word} (written in index.html) */ (key));
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-word]'))) {
    place.textContent = word(place.dataset.word);
  }
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (
    document.querySelectorAll('[data-word-label]')
  )) {
    place.setAttribute('aria-label', word(place.dataset.wordLabel));
    if (place instanceof HTMLInputElement) place.placeholder = word(place.dataset.wordLabel);
  }
}

/** Changes to the other language, and remembers it. */
export function changeLanguage() {
  language = language === 'zh' ? 'en' : 'zh';
  localStorage.setItem(KEPT, language);
  formats = makeFormats();
  translatePage();
}
