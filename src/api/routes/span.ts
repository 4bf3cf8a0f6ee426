import { z } from 'zod';
import type { Clock } from '../../contracts/clock.js';
import type { NamedWindows } from '../named-windows.js';
import { type AskedSpan, windowSpan } from '../window-span.js';
import { formatParameter, namespaceParameter, tierParameter, timeParameter } from './parameters.js';

/** What every answer about windows says of them. */
export const spanSchema = z.object({
  tier: tierParameter,
  from: z.number().int().describe('First start asked for'),
  to: z.number().int().describe('Starts are before it'),
  watermark: z
    .number()
    .int()
    .nullable()
    .describe('Windows that end at or before it are closed; null before the first post'),
});

/** What every question about windows may say of them. */
export const spanParameters = {
  from: timeParameter.optional(),
  to: timeParameter.optional(),
  namespace: namespaceParameter,
  format: formatParameter,
};

export interface LocateOptions {
  readonly windows: NamedWindows;
  readonly clock: Clock;
}

/**
 * Where a question leads: to a reader, a span of its windows, and how far they are closed.
 *
 * @param brands how many are asked for
 */
export async function locate(
  { namespace, ...asked }: AskedSpan & { readonly namespace?: string | undefined },
  brands: number,
  { windows, clock }: LocateOptions,
) {
  const reader = await windows.require(namespace);
  const watermark = await reader.watermark();
  const span = windowSpan(asked, watermark ?? clock.now(), brands);
  return { reader, watermark, span };
}
