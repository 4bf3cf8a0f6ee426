import { ALL_BRANDS, type BrandId, OTHER_BRANDS } from '../contracts/ids.js';
import type { Label } from '../contracts/labels.js';
import type { LiveEvent } from '../contracts/live-feed.js';
import { frame } from './event-stream.js';

export const EVENT_KINDS = ['scored', 'deleted', 'window', 'alert'] as const satisfies ReadonlyArray<
  LiveEvent['kind']
>;
export type EventKind = (typeof EVENT_KINDS)[number];

/** A live event as it is sent, with what tells whether somebody wants it. */
export interface LiveFrame {
  /** Grows by one with every event. */
  readonly number: number;
  readonly kind: EventKind;
  /** `every` where nobody knows any more which they were. */
  readonly brands: readonly BrandId[] | 'every';
  /** Of a scored post. */
  readonly label?: Label;
  readonly text: string;
}

/** What one reader wants to hear of. */
export interface LiveFilter {
  readonly kinds: ReadonlySet<EventKind>;
  /** Every brand where it is left out. */
  readonly brands?: ReadonlySet<BrandId> | undefined;
  /** Of scored posts; every label where it is left out. */
  readonly labels?: ReadonlySet<Label> | undefined;
  /** Most scored posts a second; the others are left out and counted in an event `skipped`. */
  readonly scoredPerSecond?: number | undefined;
}

export function isWanted({ kind, brands, label }: LiveFrame, filter: LiveFilter): boolean {
  if (!filter.kinds.has(kind)) return false;
  if (label !== undefined && filter.labels?.has(label) === false) return false;
  const { brands: wanted } = filter;
  return wanted === undefined || brands === 'every' || brands.some((brand) => wanted.has(brand));
}

/** @param id by which a reader says what it has seen last */
export function encodeEvent(event: LiveEvent, number: number, id: string): LiveFrame {
  switch (event.kind) {
    case 'scored': {
      const { brands, label } = event.post;
      const own = brands.length > 0 ? brands : [OTHER_BRANDS];
      const text = frame('scored', event.post, id);
      return { number, kind: 'scored', brands: [...own, ALL_BRANDS], label, text };
    }
    case 'deleted':
      return { number, kind: 'deleted', brands: 'every', text: frame('deleted', { id: event.id }, id) };
    case 'window':
      return {
        number,
        kind: 'window',
        brands: [event.window.brand],
        text: frame('window', event.window, id),
      };
    case 'alert':
      return { number, kind: 'alert', brands: [event.alert.brand], text: frame('alert', event.alert, id) };
  }
}
