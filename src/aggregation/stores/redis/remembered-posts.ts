import { hash } from 'node:crypto';
import { brandId, epochMillis, type PostId } from '../../../contracts/ids.js';
import { LABELS } from '../../../contracts/labels.js';
import { TIERS } from '../../../contracts/window.js';
import {
  type Contribution,
  countedBrands,
  isInWindows,
  PLACES,
  type Remembered,
} from '../../contribution.js';
import { FINGERPRINT_DIGITS } from '../../counted-post.js';
import type { TextWriter } from '../../text-writer.js';
import type { Names } from './names.js';

/**
 * Redis keeps a hash in one block of memory, without pointers, while none of its values is longer than 64 bytes and
 * there are no more than 128 of them (`hash-max-listpack-value`, `hash-max-listpack-entries`). So posts are spread over
 * 16,384 such hashes for each stretch of time, under short fields and as short values.
 */
const STRETCHES_PER_HORIZON = 4;

/** Milliseconds of posts that share their keys, which expire together. */
export function stretchMillis(retractionHorizonMs: number): number {
  return Math.max(1, Math.ceil(retractionHorizonMs / STRETCHES_PER_HORIZON));
}

/**
 * Where a post is remembered: three characters for one of 16,384 shards and twelve for the field in it, together 84 bits
 * of the SHA-1 of its id. Two of 10^9 posts share one with a probability of 3 in 10^8.
 */
export function placeOf(id: PostId): string {
  const digest = hash('sha1', id, 'base64url');
  return `${digest.slice(0, 2)}${digest.charCodeAt(2) & 3}${digest.slice(2, 14)}`;
}

const RADIX = 36;
/** Tiers of a brand are one digit of this radix. */
const TIERS_RADIX = 2 ** TIERS.length;
const EVERYWHERE = TIERS_RADIX - 1;

/** Numbers in base 36, separated by commas; names by their index. No line breaks. */
export function packRemembered(into: TextWriter, remembered: Remembered, names: Names): void {
  const { revision } = remembered;
  if (remembered.kind === 'deleted') {
    into.number(revision, RADIX);
    return;
  }
  const { time, reach, fingerprint, source, language, model, brands, distinct } = remembered;
  into.number(PLACES.indexOf(remembered.place) * LABELS.length + LABELS.indexOf(remembered.label), RADIX);
  into.text(',');
  into.number(time, RADIX);
  into.text(',');
  if (revision !== time) into.number(revision - time, RADIX);
  into.text(',');
  into.number(remembered.polarityMicros, RADIX);
  into.text(',');
  if (reach !== 0) into.number(reach, RADIX);
  into.text(',');
  into.number(Number.parseInt(fingerprint, 16), RADIX);
  into.text(',');
  if (distinct.some((of) => of !== EVERYWHERE)) for (const of of distinct) into.number(of, TIERS_RADIX);
  packName(into, source, names);
  packName(into, language, names);
  packName(into, model, names);
  for (const brand of brands) packName(into, brand, names);
}

function packName(into: TextWriter, name: string, names: Names): void {
  into.text(',');
  into.text(names.pack(name));
}

/** @throws RangeError when the store holds something that `packRemembered` did not write */
export function unpackRemembered(packed: string, names: Names): Remembered {
  const parts = packed.split(',');
  const number = (index: number): number => {
    const value = Number.parseInt(parts[index] ?? '', RADIX);
    if (Number.isNaN(value)) throw unreadable(packed);
    return value;
  };
  if (parts.length === 1) return { kind: 'deleted', revision: epochMillis(number(0)) };
  const kind = number(0);
  const time = epochMillis(number(1));
  const place = PLACES[Math.floor(kind / LABELS.length)];
  const label = LABELS[kind % LABELS.length];
  const [source, language, model, ...brands] = parts.slice(7).map((name) => names.unpack(name));
  if (place === undefined || label === undefined) throw unreadable(packed);
  if (source === undefined || language === undefined || model === undefined) throw unreadable(packed);
  const post: Omit<Contribution, 'distinct'> = {
    kind: 'post',
    place,
    revision: parts[2] === '' ? time : epochMillis(time + number(2)),
    time,
    label,
    polarityMicros: number(3),
    reach: parts[4] === '' ? 0 : number(4),
    source,
    language,
    model,
    brands: brands.map((brand) => {
      if (brand === undefined) throw unreadable(packed);
      return brandId(brand);
    }),
    fingerprint: number(5).toString(16).padStart(FINGERPRINT_DIGITS, '0'),
  };
  return { ...post, distinct: unpackTiers(parts[6] ?? '', post) };
}

function unpackTiers(packed: string, post: Pick<Contribution, 'place' | 'brands'>): readonly number[] {
  if (packed !== '') return [...packed].map((tiers) => Number.parseInt(tiers, TIERS_RADIX));
  return isInWindows(post.place) ? countedBrands(post).map(() => EVERYWHERE) : [];
}

function unreadable(packed: string): RangeError {
  return new RangeError(`${packed.slice(0, 80)} is nothing that is remembered of a post`);
}
