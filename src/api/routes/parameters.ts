import { z } from 'zod';
import { type EpochMillis, epochMillis, NAMESPACE } from '../../contracts/ids.js';
import { TIERS } from '../../contracts/window.js';

/** The greatest time that JavaScript's `Date` holds. */
const LATEST_TIME = 8.64e15;
const isoTime = z.iso.datetime({ offset: true });

/** A time in an address: ISO 8601 with its zone, or milliseconds since the epoch. */
export const timeParameter = z
  .string()
  .max(40)
  .transform((text, context): EpochMillis => {
    const time = /^\d{1,16}$/.test(text) ? Number(text) : isoTime.safeParse(text).success && Date.parse(text);
    if (time !== false && time <= LATEST_TIME) return epochMillis(time);
    context.addIssue({
      code: 'custom',
      message: 'expected a time, such as 2026-01-31T12:00:00Z or 1769860800000',
    });
    return z.NEVER;
  })
  .describe('ISO 8601 with its zone, or milliseconds since the epoch');

/** The same in a body, where milliseconds are a number. */
export const timeInBody = z
  .union([timeParameter, z.number().int().min(0).max(LATEST_TIME)])
  .transform((time): EpochMillis => epochMillis(time))
  .describe('ISO 8601 with its zone, or milliseconds since the epoch');

export const tierParameter = z.enum(TIERS).describe('Size of the windows');

export const namespaceParameter = z
  .string()
  .regex(NAMESPACE, 'expected up to 64 of a-z, 0-9 and -')
  .optional()
  .describe('Windows that `sentiflux aggregate` has filled under this name; the live ones by default');

/** A whole number in an address. */
export function countParameter(least: number, most: number) {
  return z.coerce.number().int().min(least).max(most);
}

/** Several values in an address, with commas between them. */
export function listParameter<Item extends z.ZodType<string, string>>(item: Item, most: number) {
  return z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(item).min(1).max(most));
}

/** Most brands in one answer. */
export const MOST_BRANDS = 50;

export const brandsParameter = listParameter(z.string().min(1), MOST_BRANDS).describe(
  `Ids of brands, with commas between them; ${MOST_BRANDS} at most`,
);

export const formatParameter = z
  .enum(['json', 'csv'])
  .optional()
  .describe('csv: comma-separated values, as with `Accept: text/csv`');

/** `true` or `false` in an address. */
export const flagParameter = z.enum(['true', 'false']).transform((text) => text === 'true');
