import { z } from 'zod';
import { brandId, epochMillis, postId } from './ids.js';
import { LABELS, type Label, type Probabilities } from './labels.js';
import { FLAGS, type Flag } from './post.js';
import { type ModelStamp, modelStampSchema, type ScoredPost, scoredPostSchema } from './scored-post.js';

/** Zod's own pattern of `z.iso.datetime()`. */
const DATE_TIME = z.regexes.datetime({});
const FINGERPRINT = /^[0-9a-f]{16}$/;
const MOST_TERMS = 8;
const labels: ReadonlySet<unknown> = new Set(LABELS);
const flags: ReadonlySet<unknown> = new Set(FLAGS);
const engines: ReadonlySet<unknown> = new Set(modelStampSchema.shape.engine.options);
const precisions: ReadonlySet<unknown> = new Set(modelStampSchema.shape.precision.options);

/**
 * What `scoredPostSchema` makes of a value that was JSON, in an eighth of its time: every result on its way into windows
 * is checked. The checks here are the schema's, one by one; what does not pass them is left to the schema, which tells
 * what is wrong with it.
 *
 * @throws TypeError for what is no result
 */
export function readScoredPost(value: unknown): ScoredPost {
  return readQuickly(value) ?? readStrictly(value);
}

function readStrictly(value: unknown): ScoredPost {
  const { success, data, error } = scoredPostSchema.safeParse(value);
  if (success) return data;
  const issue = error.issues[0];
  throw new TypeError(`${issue?.path.join('.')}: ${issue?.message}`);
}

/** `undefined` where only the schema can tell. */
export function readQuickly(value: unknown): ScoredPost | undefined {
  if (!isRecord(value) || value.v !== 1) return undefined;
  const { id, revision, createdAt, source, language, brands, label, polarity, confidence, terms } = value;
  const { authorHash, url, replyTo, reach, text } = value;
  if (typeof id !== 'string' || id === '') return undefined;
  if (typeof revision !== 'number' || !Number.isSafeInteger(revision)) return undefined;
  if (typeof createdAt !== 'string' || !DATE_TIME.test(createdAt)) return undefined;
  if (typeof source !== 'string' || typeof language !== 'string') return undefined;
  if (!isLabel(label) || !isWithin(polarity, -1) || !isWithin(confidence, 0)) return undefined;
  if (!areTexts(brands) || !areTexts(value.flags)) return undefined;
  if (!areTexts(terms) || terms.length > MOST_TERMS) return undefined;
  if (!isTextOrNone(authorHash) || !isTextOrNone(url) || !isTextOrNone(replyTo)) return undefined;
  if (!isTextOrNone(text)) return undefined;
  if (reach !== undefined && !(typeof reach === 'number' && reach >= 0 && reach < Infinity)) return undefined;
  const probabilities = probabilitiesIn(value.probabilities);
  const fingerprints = fingerprintsIn(value.fingerprints);
  const model = modelIn(value.model);
  if (probabilities === undefined || fingerprints === undefined || model === undefined) return undefined;
  const post: { -readonly [Field in keyof ScoredPost]: ScoredPost[Field] } = {
    v: 1,
    id: postId(id),
    revision: epochMillis(revision),
    createdAt,
    source,
    language,
    brands: brands.map(brandId),
    label,
    probabilities,
    polarity,
    confidence,
    flags: value.flags.filter(isFlag),
    terms,
    fingerprints,
    model,
  };
  // Absent where the value has none, as the schema leaves it. To spread them into the literal takes twice the time.
  if (authorHash !== undefined) post.authorHash = authorHash;
  if (url !== undefined) post.url = url;
  if (replyTo !== undefined) post.replyTo = replyTo;
  if (reach !== undefined) post.reach = reach;
  if (text !== undefined) post.text = text;
  return post;
}

function probabilitiesIn(value: unknown): Probabilities | undefined {
  if (!isRecord(value)) return undefined;
  const { negative, neutral, positive } = value;
  if (!isWithin(negative, 0) || !isWithin(neutral, 0) || !isWithin(positive, 0)) return undefined;
  return { negative, neutral, positive };
}

function fingerprintsIn(value: unknown): ScoredPost['fingerprints'] | undefined {
  if (!isRecord(value)) return undefined;
  const { exact, near } = value;
  if (typeof exact !== 'string' || typeof near !== 'string') return undefined;
  return FINGERPRINT.test(exact) && FINGERPRINT.test(near) ? { exact, near } : undefined;
}

function modelIn(value: unknown): ModelStamp | undefined {
  if (!isRecord(value)) return undefined;
  const { version, engine, precision } = value;
  if (typeof version !== 'string' || version === '') return undefined;
  return isEngine(engine) && isPrecision(precision) ? { version, engine, precision } : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A number up to 1. */
function isWithin(value: unknown, least: -1 | 0): value is number {
  return typeof value === 'number' && value >= least && value <= 1;
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function areTexts(value: unknown): value is string[] {
  if (!Array.isArray(value)) return false;
  for (const one of value) if (typeof one !== 'string') return false;
  return true;
}

function isLabel(value: unknown): value is Label {
  return labels.has(value);
}

function isFlag(value: unknown): value is Flag {
  return flags.has(value);
}

function isEngine(value: unknown): value is ModelStamp['engine'] {
  return engines.has(value);
}

function isPrecision(value: unknown): value is ModelStamp['precision'] {
  return precisions.has(value);
}
