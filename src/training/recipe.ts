import { z } from 'zod';

const columns = z.record(z.string(), z.array(z.string()));

const source = z.strictObject({
  /** TSV with a header and the columns `label` and `text`; relative to the recipe. */
  file: z.string().min(1),
  /** Only rows with one of these values in these columns. */
  only: columns.default({}),
  /** No rows with one of these values in these columns. */
  except: columns.default({}),
  /** Only rows whose text falls into one of these parts, by its hash: splits a file that has no column for it. */
  part: z
    .strictObject({
      of: z.number().int().min(2),
      keep: z.array(z.number().int().nonnegative()).min(1),
    })
    .optional(),
  /** Language of the texts: which teacher labels them. */
  language: z.string().optional(),
});

/** Rows that are never trained on, nor any post that reads (almost) the same. */
const heldBack = source.extend({ name: z.string().min(1) });

/** What a network is trained from and how. Everything has a default but the data. */
export const recipeSchema = z.strictObject({
  version: z.string().min(1).default('custom'),
  languages: z.array(z.string()).default(['en']),
  seed: z.number().int().default(1),
  data: z
    .array(
      source.extend({
        /** A teacher's logits for each row of the file, in order (`soft-labels.ts`); relative to the recipe. */
        softLabels: z.string().min(1).optional(),
        /** Most rows of an epoch; a larger set is drawn from anew for each. */
        rowsAnEpoch: z.number().int().positive().optional(),
        /** How often each row comes in an epoch. */
        repeat: z.number().int().positive().default(1),
        /** Weight of its rows in the loss. */
        weight: z.number().positive().default(1),
        /** Weight of its words when the vocabulary is learnt. */
        vocabularyWeight: z.number().int().positive().default(1),
        /** Whether short posts of it may stand in those made from templates; parts of sentences should not. */
        inTemplates: z.boolean().default(true),
        /** More posts, mixed from its rows (`mix-posts.ts`) and labelled by a teacher alone. */
        mixed: z
          .strictObject({
            /** Mixed posts of each row. */
            copies: z.number().int().positive(),
            /** A line for each copy of each row of the file: that of a copy is row · copies + copy. */
            softLabels: z.string().min(1),
            rowsAnEpoch: z.number().int().positive().optional(),
            weight: z.number().positive().default(1),
          })
          .optional(),
      }),
    )
    .min(1),
  /** Posts made from templates, beside those of the data: they teach what labelled posts teach too rarely. */
  templates: z
    .strictObject({
      /** Relative to the recipe. */
      folder: z.string().min(1),
      count: z.number().int().positive(),
      weight: z.number().positive().default(1),
    })
    .optional(),
  /** Rows to tune on and to fit the temperature with. Without them a tenth of the data. */
  development: z.array(heldBack).default([]),
  /** Rows that figures are quoted from: training never looks at them. */
  evaluation: z.array(heldBack).default([]),
  /** How much a teacher's soft labels count beside the file's own, and how soft they are (Hinton et al. 2015). */
  distillation: z
    .strictObject({
      share: z.number().min(0).max(1).default(0.8),
      temperature: z.number().min(1).max(10).default(2),
    })
    .prefault({}),
  vocabulary: z.number().int().min(100).default(30_000),
  /** Where the embedding begins (`initial-embedding.ts`); relative to the recipe. Without it: small noise. */
  initialEmbedding: z.string().min(1).optional(),
  /** With the two values and units that int8 adds, 96 and 128: multiples of 16 are fastest. */
  embedding: z.number().int().positive().default(94),
  hidden: z.number().int().positive().default(126),
  maxTokens: z.number().int().min(8).default(128),
  epochs: z.number().int().positive().default(4),
  batch: z.number().int().positive().default(128),
  learningRate: z.number().positive().default(0.002),
  wordDropout: z.number().min(0).max(0.9).default(0.1),
  dropout: z.number().min(0).max(0.9).default(0.3),
  /**
   * How much the rare labels of a set count for: 0 as often as they come, 1 as much as the others; between, the
   * weight is their share in an even distribution over their real one, to this power.
   */
  balance: z.number().min(0).max(1).default(0.5),
  labelSmoothing: z.number().min(0).max(0.5).default(0.05),
});
export type Recipe = z.infer<typeof recipeSchema>;
export type RecipeInput = z.input<typeof recipeSchema>;
export type DataSource = z.infer<typeof source>;
export type TrainingSource = Recipe['data'][number];
