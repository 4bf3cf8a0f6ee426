import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import { LABELS } from '../../contracts/labels.js';
import { FLAGS } from '../../contracts/post.js';
import { modelStampSchema } from '../../contracts/scored-post.js';
import type { TextOutcome } from '../../contracts/text-score.js';
import type { TextScorer, TextToScore } from '../../contracts/text-scorer.js';
import { errorSchema } from '../errors.js';
import type { Api } from '../schema.js';
import { flagParameter } from './parameters.js';

const MOST_TEXTS = 100;
/** An explanation costs as much as scoring up to 128 texts; more at a time would keep the live posts waiting. */
const MOST_EXPLAINED = 10;
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
const offset = z.number().int().nonnegative();
const explainedPartSchema = z.object({
  text: z.string(),
  start: offset.describe('UTF-16 code units of the text that was sent'),
  end: offset.describe('Excluded'),
  weight: z
    .number()
    .describe('Log-odds that the label loses without this part; below 0 it spoke against the label'),
});

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
    explanation: z
      .array(explainedPartSchema)
      .optional()
      .describe('The words in their order, with `explain=true`; without those that are cut off a long text'),
  }),
  errorSchema,
]);

export interface ScoreRoutesOptions {
  readonly scorer: TextScorer;
  readonly scoresPerMinute: number;
}

export function scoreRoutes(api: Api, { scorer, scoresPerMinute }: ScoreRoutesOptions): void {
  api.post(
    '/v1/score',
    {
      bodyLimit: BODY_LIMIT_BYTES,
      config: { scope: 'score', rateLimit: { max: scoresPerMinute } },
      schema: {
        tags: ['score'],
        summary: `Scores a text, or up to ${MOST_TEXTS} of them; a result or an error for each, in order`,
        querystring: z.strictObject({
          explain: flagParameter
            .default(false)
            .describe(`Also tell what each word did for the label; at most ${MOST_EXPLAINED} texts then`),
        }),
        body: bodySchema,
        response: {
          200: z.object({ results: z.array(resultSchema) }),
          400: errorSchema,
          413: errorSchema,
          503: errorSchema,
        },
      },
    },
    async ({ body, query: { explain } }) => {
      const texts = 'texts' in body ? body.texts : [body];
      if (explain && texts.length > MOST_EXPLAINED) {
        throw new SentifluxError(
          'SF_API_BAD_REQUEST',
          `${texts.length} texts cannot be explained at once, only ${MOST_EXPLAINED}`,
          { hint: 'Send fewer texts, or leave explain=true out.' },
        );
      }
      const asked = texts.map((text) => ({ ...toScore(text), ...(explain && { explain }) }));
      return { results: (await scorer.score(asked)).map(toResult) };
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
