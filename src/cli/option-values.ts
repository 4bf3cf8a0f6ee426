import { InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { type EpochMillis, epochMillis } from '../contracts/ids.js';

/** Parses an option's value, as commander calls it. */
export function wholeNumber(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('It must be a whole number.');
  return parsed;
}

export function positiveWholeNumber(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed <= 0)
    throw new InvalidArgumentError('It must be a whole number above zero.');
  return parsed;
}

/** A number above zero, such as a rate. */
export function positiveNumber(value: string): number {
  const parsed = Number(value);
  if (!Number.isFinite(parsed) || parsed <= 0)
    throw new InvalidArgumentError('It must be a number above zero.');
  return parsed;
}

/** For an option that may be given more than once. */
export function collected(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

const timeSchema = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** A day, which begins at midnight UTC, or a date and time with a zone. */
export function pointInTime(value: string): EpochMillis {
  if (!timeSchema.safeParse(value).success)
    throw new InvalidArgumentError('It must be like 2026-03-01 or 2026-03-01T12:00:00Z.');
  return epochMillis(Date.parse(value));
}
