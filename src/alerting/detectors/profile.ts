import { z } from 'zod';
import type { EpochMillis } from '../../contracts/ids.js';
import { modelOf, slotStart, spanOf, type WindowSeries } from '../window-series.js';
import { type Chance, dependsOnModel, MEASURES, type Measure } from './measures.js';
import type { RuleTest } from './rule-test.js';

/**
 * What is usual for a brand under a rule, learned window by window: a level, its course over the hours of the day
 * and the days of the week, how far windows scatter around it, and the strongest deviation of each of the last days.
 * It is all that a rule knows of the past, so an evaluation reads only the newest windows.
 */
export const profileSchema = z.object({
  /** Windows learned. */
  learned: z.number().int().nonnegative(),
  /** On the measure's scale. */
  level: z.number(),
  /** Discounted number of windows, of their weights and of posts that the level stands on. */
  windows: z.number().nonnegative(),
  mass: z.number().nonnegative(),
  posts: z.number().nonnegative(),
  /** Shares of posts that are negative, and that are not neutral. */
  negativeShare: z.number(),
  opinionated: z.number(),
  /** Spread around the level by how many windows are counted together, in units of what chance alone gives. */
  spreads: z.array(z.number().positive()),
  /** Offsets from the level by hour of the day and by day of the week (UTC), and what each stands on. */
  season: z.object({
    hours: z.array(z.number()).length(24),
    hourMass: z.array(z.number()).length(24),
    weekdays: z.array(z.number()).length(7),
    weekdayMass: z.array(z.number()).length(7),
  }),
  /** Mean deviation of the newest windows from what was expected, not bounded: where the level would be by now. */
  drift: z.number(),
  /** Strongest deviation of each of the last days, the newest last; `day` is the one that is under way. */
  peaks: z.array(z.number()),
  day: z.number().int().optional(),
  dayPeak: z.number().optional(),
  /** Version of the model whose results it stands on. */
  model: z.string().optional(),
});
export type Profile = Readonly<z.infer<typeof profileSchema>>;

const HOUR_MILLIS = 3_600_000;
const DAY_MILLIS = 24 * HOUR_MILLIS;
/** How long half of what the level knows lasts; and of the spread, of an hour's offset, of a weekday's, of the drift. */
const LEVEL_HALF_LIFE = 4 * DAY_MILLIS;
const SPREAD_HALF_LIFE = 8 * DAY_MILLIS;
const HOUR_HALF_LIFE_DAYS = 5;
const WEEKDAY_HALF_LIFE_WEEKS = 3;
const DRIFT_HALF_LIFE = 6 * HOUR_MILLIS;
/** At least so many windows are worth a half-life where windows are long. */
const LEAST_WINDOWS = 96;
/** A window counts as no more than so many spreads away: a surge hardly moves what is usual (Huber 1964). */
const MOST_SPREADS = 2;
/** The mean of a normal deviation that is bounded like that. */
const BOUNDED_MEAN = 0.781;
/** Regular windows are not taken to be more regular than that. */
const LEAST_SPREAD = 0.5;
/** Until so many windows are known the bound would keep a wrong first level in place. */
const UNBOUNDED_WINDOWS = 12;
/** Relative variance that an unknown course of the day may add, until a day has been seen. */
const UNSEEN_CYCLE = 0.25;
/** How many days' strongest deviations are kept. */
const PEAK_DAYS = 28;

export function emptyProfile(widths: number): Profile {
  return {
    learned: 0,
    level: 0,
    windows: 0,
    mass: 0,
    posts: 0,
    negativeShare: 0,
    opinionated: 0.5,
    spreads: new Array<number>(widths).fill(1),
    season: {
      hours: new Array<number>(24).fill(0),
      hourMass: new Array<number>(24).fill(0),
      weekdays: new Array<number>(7).fill(0),
      weekdayMass: new Array<number>(7).fill(0),
    },
    drift: 0,
    peaks: [],
  };
}

/** Offset from the level at the middle of a window; between the middles of two hours it is interpolated. */
export function seasonOf(
  { season: { hours, weekdays } }: Profile,
  start: EpochMillis,
  windowMillis: number,
): number {
  const middle = start + windowMillis / 2;
  const position = (middle % DAY_MILLIS) / HOUR_MILLIS - 0.5;
  const hour = Math.floor(position);
  const part = position - hour;
  const before = hours[(hour + 24) % 24] ?? 0;
  const after = hours[(hour + 25) % 24] ?? 0;
  return before * (1 - part) + after * part + (weekdays[weekdayOf(middle)] ?? 0);
}

/** What chance may do at a window, by what is known of the level there. */
export function chanceOf(profile: Profile, start: EpochMillis, windowMillis: number, width: number): Chance {
  const perHour = HOUR_MILLIS / windowMillis;
  const hourMass = profile.season.hourMass[hourOf(start + windowMillis / 2)] ?? 0;
  const seenDays = (profile.learned * windowMillis) / DAY_MILLIS;
  return {
    spread: profile.spreads[width - 1] ?? 1,
    windows: Math.min(profile.windows, hourMass / weightOf(profile) + perHour),
    posts: profile.posts,
    opinionated: profile.opinionated,
    unseen: UNSEEN_CYCLE * Math.max(0, 1 - seenDays),
  };
}

/**
 * Takes one window in, by exponentially discounted means of bounded deviations. A window of which not all is known
 * teaches nothing.
 */
export function learn(before: Profile, test: RuleTest, series: WindowSeries, index: number): Profile {
  const profile = sameModel(before, test, series, index);
  if (profile === undefined) return before;
  const measure = MEASURES[test.measure];
  const { windowMillis } = series;
  const span = spanOf(series, index, index + 1);
  const value = span.complete ? measure.value(span) : undefined;
  if (value === undefined) return profile;
  const start = slotStart(series, index);
  const first = profile.learned === 0 ? { ...profile, level: value } : profile;

  const expected = first.level + seasonOf(first, start, windowMillis);
  const deviation = measure.deviation(span, expected, first);
  const bound = first.learned < UNBOUNDED_WINDOWS ? Number.POSITIVE_INFINITY : MOST_SPREADS * spreadOf(first);
  const step = deviation * clamp((value - expected) / deviation, bound);

  const fade = fadeOf(LEVEL_HALF_LIFE, windowMillis);
  const weight = measure.weight(span);
  const mass = first.mass * fade + weight;
  const windows = first.windows * fade + 1;
  const posts = first.posts * fade + span.posts;
  const part = posts === 0 ? 0 : span.posts / posts;
  return {
    ...first,
    learned: first.learned + 1,
    level: first.level + (mass === 0 ? 0 : (weight / mass) * step),
    windows,
    mass,
    posts,
    negativeShare: mixed(first.negativeShare, span.negative / Math.max(1, span.posts), part),
    opinionated: mixed(first.opinionated, (span.negative + span.positive) / Math.max(1, span.posts), part),
    spreads: spreadsAfter(first, measure, series, index),
    drift: mixed(value - expected, first.drift, fadeOf(DRIFT_HALF_LIFE, windowMillis)),
    season: seasonAfter(first, start, windowMillis, weight, step),
    ...(dependsOnModel(test.measure) && modelKnown(series, index)),
  };
}

/**
 * What is known of a measure that depends on the model, when another model's results have come: nothing, once all
 * windows since are the new one's; until then it stays as it is, and learns nothing.
 */
function sameModel(
  profile: Profile,
  test: RuleTest,
  series: WindowSeries,
  index: number,
): Profile | undefined {
  if (!dependsOnModel(test.measure) || profile.model === undefined) return profile;
  const model = modelOf(series, index, index + 1);
  if (model === undefined || model === profile.model) return profile;
  for (let later = index; later <= index + test.lagWindows; later += 1) {
    if ((modelOf(series, later, later + 1) ?? model) !== model) return undefined;
  }
  return emptyProfile(profile.spreads.length);
}

/** Notes how far a window was from what was expected, for the strongest deviation of its day. */
export function notePeak(profile: Profile, end: EpochMillis, deviation: number): Profile {
  const day = Math.floor((end - 1) / DAY_MILLIS);
  if (profile.day === day) {
    return deviation > (profile.dayPeak ?? Number.NEGATIVE_INFINITY)
      ? { ...profile, dayPeak: deviation }
      : profile;
  }
  const past = profile.dayPeak === undefined ? [] : [profile.dayPeak];
  return { ...profile, day, dayPeak: deviation, peaks: [...profile.peaks, ...past].slice(-PEAK_DAYS) };
}

/** Takes where the measure has been lately for what is usual. */
export function rebaselined(profile: Profile): Profile {
  return { ...profile, level: profile.level + profile.drift, drift: 0 };
}

/** Follows the newest windows while nothing else is learned. */
export function followDrift(profile: Profile, test: RuleTest, series: WindowSeries, index: number): Profile {
  const span = spanOf(series, index, index + 1);
  const value = span.complete ? MEASURES[test.measure].value(span) : undefined;
  if (value === undefined) return profile;
  const expected = profile.level + seasonOf(profile, slotStart(series, index), series.windowMillis);
  const fade = fadeOf(DRIFT_HALF_LIFE, series.windowMillis);
  return { ...profile, drift: mixed(value - expected, profile.drift, fade) };
}

function spreadsAfter(profile: Profile, measure: Measure, series: WindowSeries, index: number): number[] {
  const fade = Math.min(fadeOf(SPREAD_HALF_LIFE, series.windowMillis), 1 - 1 / (profile.learned + 20));
  const level = profile.level + seasonOf(profile, slotStart(series, index), series.windowMillis);
  return profile.spreads.map((spread, i) => {
    const span = spanOf(series, index - i, index + 1);
    const value = span.complete ? measure.value(span) : undefined;
    if (value === undefined) return spread;
    const deviation = measure.deviation(span, level, profile);
    const apart = Math.abs(value - measure.expected(level, i + 1)) / deviation;
    const bounded = Math.min(apart, MOST_SPREADS * spread) / BOUNDED_MEAN;
    return Math.max(LEAST_SPREAD, mixed(bounded, spread, fade));
  });
}

function seasonAfter(
  profile: Profile,
  start: EpochMillis,
  windowMillis: number,
  weight: number,
  step: number,
): Profile['season'] {
  const { hours, hourMass, weekdays, weekdayMass } = profile.season;
  const middle = start + windowMillis / 2;
  const [hour, weekday] = [hourOf(middle), weekdayOf(middle)];
  const perHour = Math.max(1, HOUR_MILLIS / windowMillis);
  const perDay = Math.max(1, DAY_MILLIS / windowMillis);
  const typical = profile.windows === 0 ? weight : weightOf(profile);
  const ofHour = (hourMass[hour] ?? 0) * halved(HOUR_HALF_LIFE_DAYS * perHour) + weight;
  const ofDay = (weekdayMass[weekday] ?? 0) * halved(WEEKDAY_HALF_LIFE_WEEKS * perDay) + weight;
  // Shrunk towards no offset, as if an hour, or a day, without one had been seen before.
  const hourStep = (weight / (ofHour + perHour * typical || 1)) * step;
  const weekdayStep = (weight / (ofDay + perDay * typical || 1)) * step;
  return {
    hours: hours.with(hour, (hours[hour] ?? 0) + hourStep),
    hourMass: hourMass.with(hour, ofHour),
    weekdays: weekdays.with(weekday, (weekdays[weekday] ?? 0) + weekdayStep),
    weekdayMass: weekdayMass.with(weekday, ofDay),
  };
}

function modelKnown(series: WindowSeries, index: number): { readonly model?: string } {
  const model = modelOf(series, index, index + 1);
  return model === undefined ? {} : { model };
}

/** Weight of a usual window. */
function weightOf({ mass, windows }: Profile): number {
  return windows === 0 || mass === 0 ? 1 : mass / windows;
}

function spreadOf({ spreads }: Profile): number {
  return spreads[0] ?? 1;
}

function hourOf(time: number): number {
  return Math.floor((time % DAY_MILLIS) / HOUR_MILLIS);
}

/** 0 to 6; which day is 0 does not matter. */
function weekdayOf(time: number): number {
  return Math.floor(time / DAY_MILLIS) % 7;
}

function fadeOf(halfLifeMillis: number, windowMillis: number): number {
  return halved(Math.max(LEAST_WINDOWS, halfLifeMillis / windowMillis));
}

function halved(windows: number): number {
  return 0.5 ** (1 / windows);
}

function clamp(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}

/** `part` of the second, the rest of the first. */
function mixed(first: number, second: number, part: number): number {
  return first * (1 - part) + second * part;
}
