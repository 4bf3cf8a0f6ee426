import { type EpochMillis, epochMillis } from '../contracts/ids.js';

/** The years 1 to 9999, as ISO 8601 writes them with four digits. */
const EARLIEST = Date.parse('0001-01-01T00:00:00Z');
const ZONE = /(?:[a-z]{1,4}|[+-]\d{2}:?\d{2})\)?$/i;
const TIME_OF_DAY = /\d:\d\d/;

/**
 * A time that somebody's clock tells, in the forms of ISO 8601 or RFC 822; in UTC where it names no zone.
 *
 * @param seenAt when it was read: nothing happened after that, whatever the clock says
 * @returns `undefined` for what is no time, or not in the past
 */
export function pastTime(text: string | undefined, seenAt: EpochMillis): EpochMillis | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  const isLocal = TIME_OF_DAY.test(trimmed) && !ZONE.test(trimmed);
  const time = Date.parse(isLocal ? `${trimmed}Z` : trimmed);
  return time >= EARLIEST && time <= seenAt ? epochMillis(time) : undefined;
}
