import type { BrandId, EpochMillis } from '../../contracts/ids.js';
import { type Slot, type Span, slotStart, spanOf, type WindowSeries } from '../window-series.js';
import { MEASURES } from './measures.js';
import type { RuleTest } from './rule-test.js';
import type { Evaluation } from './surge.js';

/** What a detector of one's own looks at: the newest closed windows of one brand. */
export interface DetectorInput {
  readonly brand: BrandId;
  readonly windowMillis: number;
  /** Of the first window. */
  readonly start: EpochMillis;
  /** `history` windows and the one that has just closed, the oldest first; one without posts is there with none. */
  readonly windows: readonly Slot[];
}

/** What a detector says of the window that has just closed, and of those right before it, if it takes them together. */
export interface Finding {
  /** How many of the newest windows it is about; 1 by default. */
  readonly windows?: number;
  /** In the unit of the rule's measure. */
  readonly observed: number;
  readonly expected: number;
  /** The rule fires at 1; an alert is over below `resolveRatio`. */
  readonly strength: number;
  /** How far above the expected, in robust deviations; 0 by default. */
  readonly deviation?: number;
  /** Probability of as much or more by chance. */
  readonly pValue?: number;
}

/**
 * Decides in place of sentiflux's own method whether a rule's windows stand out. All else stays the rule's: how long a
 * surge must last, quiet hours, silences, cool-down, least posts and authors, what the alert tells and who is told.
 */
export interface Detector {
  /** How many windows before the newest it wants to see. Where fewer are known nothing is said. */
  readonly history: number;
  /**
   * Depends on its input alone: windows are evaluated again after a restart, and by whichever process comes first.
   *
   * @returns `undefined` where nothing can be said: the rule's state stays as it is
   */
  detect(input: DetectorInput): Finding | undefined;
}

/**
 * Asks a detector about one window of a series, which holds its history too. A window of which records were lost is not
 * shown as the newest one: missing data is not zero.
 *
 * @throws RangeError for a finding that is no finding: the brand is evaluated again the next time
 */
export function detectWith(
  detector: Detector,
  { brand, test }: { readonly brand: BrandId; readonly test: RuleTest },
  series: WindowSeries,
  index: number,
): Evaluation {
  const end = slotStart(series, index + 1);
  const first = index - detector.history;
  if (series.slots[index]?.complete !== true) return { kind: 'held', end, reason: 'incomplete' };
  const finding = detector.detect({
    brand,
    windowMillis: series.windowMillis,
    start: slotStart(series, first),
    windows: series.slots.slice(first, index + 1),
  });
  if (finding === undefined) return { kind: 'held', end, reason: 'undecided' };

  const { windows = 1, observed, expected, strength, deviation = 0, pValue } = finding;
  const numbers = [observed, expected, strength, deviation, pValue ?? 0];
  const isWithin = Number.isInteger(windows) && windows >= 1 && windows <= detector.history + 1;
  if (!isWithin || !numbers.every(Number.isFinite)) {
    throw new RangeError(
      `the detector of the rule "${test.name}" found ${JSON.stringify(finding)}: numbers must be finite, and windows from 1 to ${detector.history + 1}`,
    );
  }
  const begin = index + 1 - windows;
  const span = spanOf(series, begin, index + 1);
  return {
    kind: 'measured',
    end,
    measurement: {
      start: slotStart(series, begin),
      observed,
      expected,
      deviation,
      strength: Math.max(0, strength),
      enough:
        MEASURES[test.measure].evidence(span) >= test.minPosts &&
        (span.authors ?? test.minAuthors) >= test.minAuthors,
      posts: span.posts,
      negativeShare: negativeShareOf(span),
      usualNegativeShare: negativeShareOf(spanOf(series, first, begin)),
      ...(span.authors !== undefined && { authors: span.authors }),
      ...(pValue !== undefined && { pValue }),
    },
  };
}

function negativeShareOf({ posts, negative }: Span): number {
  return posts === 0 ? 0 : negative / posts;
}
