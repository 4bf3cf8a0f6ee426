import { type BrandId, brandId, epochMillis, postId } from '../contracts/ids.js';
import { LABELS, type Label } from '../contracts/labels.js';
import { readScoredPost } from '../contracts/read-scored-post.js';
import { scoredPostSchema } from '../contracts/scored-post.js';
import {
  authorOf,
  brandsOf,
  type CountedPost,
  countedPost,
  FINGERPRINT_DIGITS,
  microsOf,
  nameOf,
  reachOf,
  termOf,
} from './counted-post.js';
import { copyOf, remembering } from './remembering.js';

// Of JSON: characters of a text without escapes, such texts, safe integers, and numbers from 0 to 1.
const CHARACTER = String.raw`[^"\\\u0000-\u001f]`;
const TEXT = `"${CHARACTER}*"`;
const TEXTS = `(?:${TEXT}(?:,${TEXT})*)?`;
const INTEGER = String.raw`(?:0|[1-9]\d{0,14})`;
const SHARE = String.raw`(?:0(?:\.\d+)?|1|[1-9](?:\.\d+)?e-[1-9]\d*)`;

/** A result as the scorer writes it, `JSON.stringify` of a `ScoredPost`: its fields in their order. */
const RESULT = new RegExp(
  [
    String.raw`^\{"v":1,"id":"(${CHARACTER}+)","revision":(-?${INTEGER})`,
    String.raw`,"createdAt":"(\d{4}-\d\d-\d\dT\d\d:\d\d):([0-5]\d\.\d{3})Z"`,
    String.raw`,"source":"(${CHARACTER}*)","language":"(${CHARACTER}*)","brands":\[(${TEXTS})\]`,
    `,"label":"(${LABELS.join('|')})"`,
    String.raw`,"probabilities":\{"negative":${SHARE},"neutral":${SHARE},"positive":${SHARE}\}`,
    String.raw`,"polarity":(-?${SHARE}),"confidence":${SHARE},"flags":\[${TEXTS}\]`,
    String.raw`,"terms":\[((?:${TEXT}(?:,${TEXT}){0,7})?)\]`,
    String.raw`,"fingerprints":\{"exact":"[0-9a-f]{${16 - FINGERPRINT_DIGITS}}([0-9a-f]{${FINGERPRINT_DIGITS}})"`,
    String.raw`,"near":"([0-9a-f]{8})([0-9a-f]{8})"\}`,
    `(?:,"authorHash":"(${CHARACTER}*)")?(?:,"url":${TEXT})?(?:,"replyTo":${TEXT})?`,
    String.raw`(?:,"reach":(${INTEGER}(?:\.\d+)?))?(?:,"text":${TEXT})?`,
    String.raw`,"model":(\{"version":${TEXT},"engine":${TEXT},"precision":${TEXT}\})\}$`,
  ].join(''),
);

/**
 * Reads what is counted of a result. Nearly all were written by our own scorer, and one pass of a regular expression finds
 * what is counted in them, where parsing makes objects of everything. Whatever does not match, be it for an escape in a
 * text, is parsed and checked as JSON of anybody.
 *
 * @throws for what is no result
 */
export function readResult(text: string): CountedPost {
  const own = readOwnResult(text);
  if (own !== undefined) return own;
  const post = readScoredPost(JSON.parse(text));
  checkBrands(post.brands);
  return countedPost(post);
}

/** `undefined` where only the schema can tell. */
export function readOwnResult(text: string): CountedPost | undefined {
  const found = RESULT.exec(text);
  if (found === null) return undefined;
  const [
    ,
    id = '',
    revision,
    minute = '',
    seconds,
    source = '',
    language = '',
    brands = '',
    label = '',
    polarity,
    terms = '',
    fingerprint = '',
    high = '',
    low = '',
    authorHash,
    reach = 0,
    stamp = '',
  ] = found;
  const known = labels.get(label);
  const start = minuteIn(minute);
  const model = modelIn(stamp);
  if (known === undefined || start === undefined || model === undefined) return undefined;
  return {
    id: postId(copyOf(id)),
    revision: epochMillis(Number(revision)),
    time: epochMillis(start + Math.round(1_000 * Number(seconds))),
    label: known,
    polarityMicros: microsOf(Number(polarity)),
    reach: reachOf(Number(reach)),
    source: nameIn(source),
    language: nameIn(language),
    model,
    brands: brandsIn(brands),
    fingerprint,
    near: { high: Number.parseInt(high, 16), low: Number.parseInt(low, 16) },
    author: authorOf(authorHash),
    terms: listed(terms).map(termIn),
  };
}

/** The texts of a list; none of them has an escape. */
function listed(texts: string): readonly string[] {
  return texts === '' ? [] : texts.slice(1, -1).split('","');
}

const labels = new Map<string, Label>(LABELS.map((label) => [label, label]));
const { createdAt, model } = scoredPostSchema.shape;

/** Many more than are about at a time. */
const MOST_KEPT = 20_000;

const minuteIn = remembering(MOST_KEPT, (text) =>
  createdAt.safeParse(`${text}:00Z`).success ? Date.parse(`${text}:00Z`) : undefined,
);
const nameIn = remembering(MOST_KEPT, nameOf);
const brandsIn = remembering(MOST_KEPT, (texts) => {
  const brands = brandsOf(listed(texts).map(brandId));
  checkBrands(brands);
  return brands;
});
const modelIn = remembering(MOST_KEPT, (text) => {
  const { data } = model.safeParse(JSON.parse(text));
  return data === undefined ? undefined : nameOf(data.version);
});
const termIn = remembering(MOST_KEPT, termOf);

/** Brands as configured; the built-in ones are for the aggregator alone to count. */
const BRAND = /^[a-z0-9][a-z0-9-]*$/;

function checkBrands(brands: readonly BrandId[]): void {
  for (const brand of brands) {
    if (!BRAND.test(brand)) throw new RangeError(`brands: ${JSON.stringify(brand)} is no id of a brand`);
  }
}
