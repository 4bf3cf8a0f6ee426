import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brandId, epochMillis } from '../../src/contracts/ids.js';
import type { WindowAggregate } from '../../src/contracts/window.js';
import { type WindowQuery, windowsInParts } from '../../src/contracts/window-reader.js';
import { windowsOf } from '../api/support/fakes.js';
import { minute } from '../api/support/posts.js';

const MINUTE = 60_000;
const BRAND = brandId('acme');

describe('windows in parts', () => {
  it('are the same as at once, wherever the range begins and ends', async () => {
    const starts = fc.uniqueArray(fc.nat(1_000), { maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(starts, fc.nat(60_000_000), fc.nat(60_000_000), async (minutes, from, to) => {
        const reader = windowsOf(minutes.map((index) => minute(BRAND, index * MINUTE)));
        const query: WindowQuery = {
          brand: BRAND,
          tier: '1m',
          from: epochMillis(from),
          to: epochMillis(to),
        };
        const parts: WindowAggregate[] = [];
        for await (const part of windowsInParts(reader, query)) parts.push(...part);
        expect(parts).toEqual(await reader.windows(query));
      }),
    );
  });
});
