import type { Alert, AlertMeasure } from '../../contracts/alert.js';
import type { EpochMillis } from '../../contracts/ids.js';
import type { AlertEvent } from './delivery.js';
import { type Language, say, type Word } from './words.js';

/** What people read about an alert, in one language. No text of a post is in it. */
export interface AlertMessage {
  readonly title: string;
  readonly facts: readonly Fact[];
  /** To the page, where its address is configured. */
  readonly link?: { readonly text: string; readonly url: string };
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface MessageOptions {
  readonly language: Language;
  readonly pageUrl?: string | undefined;
  /** Name of a brand as people know it. */
  readonly brandName: (brand: Alert['brand']) => string;
}

const MOST_SOURCES = 5;
/** Names come from posts and other people's files. */
const MOST_NAME_CHARACTERS = 80;
/** Whole, since a part of an id finds nothing; five of them stay below the limits of every receiver. */
const MOST_ID_CHARACTERS = 256;

/** Turns an alert into what people read: the one place that knows what an alert holds. */
export function alertMessage(
  alert: Alert,
  event: AlertEvent,
  options: MessageOptions,
  isTest = false,
): AlertMessage {
  const title = titleOf(alert, event, options);
  return {
    title: isTest ? say(options.language, 'test', { title }) : title,
    facts: factsOf(alert, options),
    ...(options.pageUrl !== undefined && { link: linkOf(alert, options.language, options.pageUrl) }),
  };
}

function titleOf(alert: Alert, event: AlertEvent, { language, brandName }: MessageOptions): string {
  const { measure = 'negative_count' } = alert;
  const word = event === 'resolved' && alert.resolution === 're-baselined' ? 'rebaselined' : event;
  return say(language, word, {
    brand: plainName(brandName(alert.brand)),
    rule: plainName(alert.rule),
    what: say(language, measure, {
      observed: amount(alert.observed, measure, language),
      expected: amount(alert.expected, measure, language),
    }),
    by: plainName(alert.acknowledgement?.by ?? '?'),
  });
}

function factsOf(alert: Alert, { language, brandName }: MessageOptions): readonly Fact[] {
  const { evidence, measure = 'negative_count', observed, expected, pValue, peak, acknowledgement } = alert;
  const { authors } = evidence;
  const facts: readonly (readonly [Word, string | undefined])[] = [
    ['brand', plainName(brandName(alert.brand))],
    ['rule', plainName(alert.rule)],
    ['window', windowOf(alert)],
    ['observed', amount(observed, measure, language)],
    ['expected', amount(expected, measure, language)],
    ['pValue', pValue === undefined ? undefined : probability(pValue)],
    ['worst', peak === observed ? undefined : amount(peak, measure, language)],
    ['posts', number(evidence.posts, language)],
    ['authors', authors === undefined ? undefined : number(authors, language)],
    [
      'share',
      say(language, 'shareChange', {
        after: percent(evidence.negativeShare, language),
        before: percent(evidence.baselineNegativeShare, language),
      }),
    ],
    ['sources', sourcesOf(evidence.bySource, language)],
    ['terms', termsOf(evidence.terms ?? [], language)],
    ['postIds', (evidence.postIds ?? []).map((id) => plainName(id, MOST_ID_CHARACTERS)).join(', ')],
    ['firedAt', minute(alert.firedAt)],
    ['resolvedAt', alert.resolvedAt === undefined ? undefined : minute(alert.resolvedAt)],
    ['acknowledgedBy', acknowledgement === undefined ? undefined : seenBy(acknowledgement, language)],
    ['alert', alert.id],
    ['traceId', alert.traceId],
  ];
  return facts.flatMap(([word, value]) => (value ? [{ label: say(language, word), value }] : []));
}

function seenBy({ by, at }: NonNullable<Alert['acknowledgement']>, language: Language): string {
  return say(language, 'acknowledgedAt', { by: plainName(by), time: minute(at) });
}

function linkOf({ brand }: Alert, language: Language, pageUrl: string): NonNullable<AlertMessage['link']> {
  const url = new URL(pageUrl);
  url.hash = new URLSearchParams({ brand }).toString();
  return { text: say(language, 'openPage'), url: url.href };
}

function sourcesOf(bySource: Readonly<Record<string, number>>, language: Language): string {
  const sources = Object.entries(bySource).toSorted(([, a], [, b]) => b - a);
  const shown = sources
    .slice(0, MOST_SOURCES)
    .map(([name, posts]) => `${plainName(name)} ${number(posts, language)}`);
  const left = sources.length - shown.length;
  return [...shown, ...(left > 0 ? [say(language, 'more', { count: String(left) })] : [])].join(', ');
}

function termsOf(terms: NonNullable<Alert['evidence']['terms']>, language: Language): string {
  return terms.map(({ term, negative }) => `${plainName(term)} ${number(negative, language)}`).join(', ');
}

function windowOf({ window: { tier, start, end } }: Alert): string {
  return `${minute(start)} – ${minute(end)} (${tier})`;
}

/** `2026-03-01 12:05 UTC`, with seconds where there are any: windows may be of 10 s. */
function minute(time: EpochMillis): string {
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  return `${day} ${clock.slice(0, 8).replace(/:00$/, '')} UTC`;
}

function amount(value: number, measure: AlertMeasure, language: Language): string {
  if (measure === 'negative_share') return percent(value, language);
  if (measure === 'polarity') {
    return new Intl.NumberFormat(language, { maximumFractionDigits: 2, signDisplay: 'negative' }).format(
      value,
    );
  }
  return number(value, language);
}

/** Whole numbers, but of small expectations two digits. */
function number(value: number, language: Language): string {
  const digits = value < 10 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 0 };
  return new Intl.NumberFormat(language, digits).format(value);
}

/** As `0.0023` or `4.1e-9`. */
function probability(value: number): string {
  return value > 0 && value < 0.001 ? value.toExponential(1) : String(Number(value.toPrecision(2)));
}

function percent(share: number, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

/** A name on one line, without what would steer a terminal or turn the direction of the text around it. */
export function plainName(name: string, most = MOST_NAME_CHARACTERS): string {
  const characters = Array.from(
    name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim(),
  );
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}
