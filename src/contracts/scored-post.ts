import { z } from 'zod';
import { type BrandId, epochMillis, type PostId } from './ids.js';
import { LABELS } from './labels.js';
import { FLAGS, type Flag } from './post.js';

/** Which network gave a result, and how it was run. */
export const modelStampSchema = z.object({
  version: z.string().min(1),
  engine: z.enum(['native', 'onnx', 'tfjs-node', 'wasm']),
  precision: z.enum(['float32', 'int8']),
});
export type ModelStamp = Readonly<z.infer<typeof modelStampSchema>>;

const probability = z.number().min(0).max(1);
const fingerprint = z.string().regex(/^[0-9a-f]{16}$/);

const knownFlags: ReadonlySet<string> = new Set(FLAGS);
const isFlag = (flag: string): flag is Flag => knownFlags.has(flag);

/** A value on the topic `sentiment.scored`; a null value is a deletion. `schemas/` is made from this. */
export const scoredPostSchema = z.object({
  v: z.literal(1),
  id: z
    .string()
    .min(1)
    .transform((id) => id as PostId),
  /** `updatedAt` of the post in milliseconds: a greater one replaces a smaller one. */
  revision: z
    .number()
    .int()
    .transform((time) => epochMillis(time)),
  /** ISO 8601, UTC. */
  createdAt: z.iso.datetime(),
  source: z.string(),
  language: z.string(),
  brands: z.array(z.string().transform((id) => id as BrandId)),
  label: z.enum(LABELS),
  probabilities: z.object({ negative: probability, neutral: probability, positive: probability }),
  /** Probability of positive less probability of negative. */
  polarity: z.number().min(-1).max(1),
  /** The label's calibrated probability. */
  confidence: probability,
  /** Those that are not known here are passed over: a later version may have written the record. */
  flags: z.array(z.enum(FLAGS).or(z.string())).transform((flags) => flags.filter(isFlag)),
  terms: z.array(z.string()).max(8),
  fingerprints: z.object({ exact: fingerprint, near: fingerprint }),
  /** Keyed hash of the author's id; the id itself never leaves the score role. */
  authorHash: z.string().optional(),
  url: z.string().optional(),
  replyTo: z.string().optional(),
  reach: z.number().nonnegative().optional(),
  /** Only where the configuration says so (`output.includeText`). */
  text: z.string().optional(),
  model: modelStampSchema,
});
export type ScoredPost = Readonly<z.infer<typeof scoredPostSchema>>;

/** Headers on `sentiment.scored` that tell where a result came from. */
export const SOURCE_HEADERS = {
  topic: 'sf-source-topic',
  partition: 'sf-source-partition',
  offset: 'sf-source-offset',
  timestamp: 'sf-source-timestamp',
} as const;

/** On a result of a replay: which one wrote it. The topic of a replay holds the results of no other. */
export const REPLAY_HEADER = 'sf-replay';
