import type { Alert } from '../../contracts/alert.js';
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
  return say(language, event, {
    brand: plainName(brandName(alert.brand)),
    rule: plainName(alert.rule),
    observed: number(alert.observed, language),
    expected: number(alert.expected, language),
    by: plainName(alert.acknowledgement?.by ?? '?'),
  });
}

function factsOf(alert: Alert, { language, brandName }: MessageOptions): readonly Fact[] {
  const { evidence, acknowledgement } = alert;
  const fact = (word: Word, value: string): Fact => ({ label: say(language, word), value });
  return [
    fact('brand', plainName(brandName(alert.brand))),
    fact('rule', plainName(alert.rule)),
    fact('window', windowOf(alert)),
    fact('observed', number(alert.observed, language)),
    fact('expected', number(alert.expected, language)),
    ...(alert.peak > alert.observed ? [fact('highest', number(alert.peak, language))] : []),
    fact('posts', number(evidence.posts, language)),
    fact(
      'share',
      say(language, 'shareChange', {
        after: percent(evidence.negativeShare, language),
        before: percent(evidence.baselineNegativeShare, language),
      }),
    ),
    ...(Object.keys(evidence.bySource).length > 0
      ? [fact('sources', sourcesOf(evidence.bySource, language))]
      : []),
    fact('firedAt', minute(alert.firedAt)),
    ...(alert.resolvedAt === undefined ? [] : [fact('resolvedAt', minute(alert.resolvedAt))]),
    ...(acknowledgement === undefined
      ? []
      : [
          fact(
            'acknowledgedBy',
            say(language, 'acknowledgedAt', {
              by: plainName(acknowledgement.by),
              time: minute(acknowledgement.at),
            }),
          ),
        ]),
    fact('alert', alert.id),
  ];
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

function windowOf({ window: { tier, start, end } }: Alert): string {
  return `${minute(start)} – ${minute(end)} (${tier})`;
}

/** `2026-03-01 12:05 UTC`, with seconds where there are any: windows may be of 10 s. */
function minute(time: EpochMillis): string {
  const [day = '', clock = ''] = new Date(time).toISOString().split('T');
  return `${day} ${clock.slice(0, 8).replace(/:00$/, '')} UTC`;
}

function number(value: number, language: Language): string {
  return new Intl.NumberFormat(language, { maximumSignificantDigits: value < 10 ? 2 : 15 }).format(
    value < 10 ? value : Math.round(value),
  );
}

function percent(share: number, language: Language): string {
  return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share);
}

/** A name on one line, without what would steer a terminal or turn the direction of the text around it. */
export function plainName(name: string): string {
  const characters = Array.from(
    name.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim(),
  );
  return characters.length <= MOST_NAME_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, MOST_NAME_CHARACTERS - 1).join('')}…`;
}
