import { z } from 'zod';
import { LABELS } from '../../contracts/labels.js';
import { FLAGS } from '../../contracts/post.js';
import { modelStampSchema } from '../../contracts/scored-post.js';
import type { TextOutcome } from '../../contracts/text-score.js';
import type { TextScorer, TextToScore } from '../../contracts/text-scorer.js';
import { errorSchema } from '../errors.js';
import type { Api } from '../schema.js';

const MOST_TEXTS = 100;
/** A hundred texts of 64 KiB, and what JSON adds to them. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

const textSchema = z.strictObject({
  text: z.string(),
  language: z.string().min(1).max(35).optional().describe('BCP 47 tag; a hint'),
});

const bodySchema = z.union([
  textSchema,
  z.strictObject({
    texts: z
      .array(z.union([z.string(), textSchema]))
      .min(1)
      .max(MOST_TEXTS),
  }),
]);

const probability = z.number().min(0).max(1);
const resultSchema = z.union([
  z.object({
    label: z.enum(LABELS),
    probabilities: z.object({ negative: probability, neutral: probability, positive: probability }),
    polarity: z.number().min(-1).max(1).describe('Probability of positive less probability of negative'),
    confidence: probability.describe('Calibrated probability of the label'),
    language: z.string(),
    brands: z.array(z.string()),
    flags: z.array(z.enum(FLAGS)),
    model: modelStampSchema,
  }),
  errorSchema,
]);

export function scoreRoutes(api: Api, { scorer }: { readonly scorer: TextScorer }): void {
  api.post(
    '/v1/score',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      schema: {
        tags: ['score'],
        summary: `Scores a text, or up to ${MOST_TEXTS} of them; a result or an error for each, in order`,
        body: bodySchema,
        response: {
          200: z.object({ results: z.array(resultSchema) }),
          400: errorSchema,
          413: errorSchema,
          503: errorSchema,
        },
      },
    },
    async ({ body }) => {
      const texts = 'texts' in body ? body.texts : [body];
      return { results: (await scorer.score(texts.map(toScore))).map(toResult) };
    },
  );
}

function toScore(asked: string | z.infer<typeof textSchema>): TextToScore {
  if (typeof asked === 'string') return { text: asked };
  const { text, language } = asked;
  return { text, ...(language !== undefined && { language }) };
}

function toResult(outcome: TextOutcome) {
  return outcome.kind === 'scored'
    ? outcome.score
    : { error: { code: outcome.code, message: outcome.message } };
}
