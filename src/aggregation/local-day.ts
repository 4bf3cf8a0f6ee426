import { type EpochMillis, epochMillis } from '../contracts/ids.js';

/** A day of a time zone: 24 hours, or 23 or 25 where the clocks change. */
export interface LocalDay {
  readonly start: EpochMillis;
  /** Start of the next one. */
  readonly end: EpochMillis;
}

const MINUTE = 60_000;
/** Longer than any day. */
const LONGEST_DAY_MINUTES = 50 * 60;
/** Days of a zone that are remembered: posts of one time share theirs. */
const DAYS_REMEMBERED = 64;

const formats = new Map<string, Intl.DateTimeFormat>();
const days = new Map<string, LocalDay[]>();

/**
 * The day of a time zone that holds a time. It begins with the first minute of its date, which need not be midnight:
 * where clocks are put forward at midnight the day begins at one o'clock.
 *
 * @param zone a name of the IANA time zone database
 */
export function localDay(time: EpochMillis, zone: string): LocalDay {
  let known = days.get(zone);
  if (known === undefined) {
    known = [];
    days.set(zone, known);
  }
  const found = known.find(({ start, end }) => start <= time && time < end);
  if (found !== undefined) return found;
  const minute = Math.floor(time / MINUTE);
  const date = dateOf(minute, zone);
  const day = {
    start: epochMillis(MINUTE * firstMinute(minute - LONGEST_DAY_MINUTES, minute, zone, date)),
    end: epochMillis(MINUTE * firstMinute(minute, minute + LONGEST_DAY_MINUTES, zone, date + 1)),
  };
  known.unshift(day);
  known.length = Math.min(known.length, DAYS_REMEMBERED);
  return day;
}

/** The first minute after `before` whose date is `date` or later; `from` has an earlier one. */
function firstMinute(before: number, from: number, zone: string, date: number): number {
  let low = before;
  let high = from;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (dateOf(middle, zone) >= date) high = middle;
    else low = middle;
  }
  return high;
}

/** Date of a minute as a number that grows with it. */
function dateOf(minute: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      calendar: 'iso8601',
      numberingSystem: 'latn',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
    formats.set(zone, format);
  }
  let [year, month, day] = [0, 0, 0];
  for (const { type, value } of format.formatToParts(minute * MINUTE)) {
    if (type === 'year') year = Number(value);
    else if (type === 'month') month = Number(value);
    else if (type === 'day') day = Number(value);
  }
  return (year * 12 + month) * 31 + day;
}
