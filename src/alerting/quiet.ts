import type { AlertRule } from '../config/schema.js';
import type { BrandId, EpochMillis } from '../contracts/ids.js';
import type { SilencedSpan } from '../contracts/silence.js';

type QuietHours = NonNullable<AlertRule['quietHours']>;

/** Whether a time is within the quiet hours, which may go over midnight; `from` equal to `to` is the whole day. */
export function isQuietHour({ from, to, timeZone }: QuietHours, time: EpochMillis): boolean {
  const clock = clockOf(timeZone).format(time);
  return from < to ? clock >= from && clock < to : clock >= from || clock < to;
}

/** Whether somebody has asked for silence then. */
export function isSilenced(
  silences: readonly SilencedSpan[],
  brand: BrandId,
  rule: string,
  time: EpochMillis,
): boolean {
  return silences.some(
    (silence) =>
      silence.from <= time &&
      time < silence.to &&
      (silence.brand ?? brand) === brand &&
      (silence.rule ?? rule) === rule,
  );
}

const clocks = new Map<string, Intl.DateTimeFormat>();
/** Whoever tries rules out may write the name of a time zone in many ways. */
const MOST_CLOCKS = 100;

/** Hours and minutes such as 07:05. Making a format takes long, and there are few time zones. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  clocks.set(timeZone, clock);
  return clock;
}
