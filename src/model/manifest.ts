import { z } from 'zod';

const file = z.strictObject({
  file: z.string().regex(/^[\w.-]+$/, 'a file name within the bundle'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const tensor = z.strictObject({
  name: z.string(),
  shape: z.array(z.number().int().positive()),
  /** Byte offset into the weights file. */
  offset: z.number().int().nonnegative(),
});

const quantisedMatrix = z.strictObject({
  name: z.string(),
  /** [rows, columns] */
  shape: z.array(z.number().int().positive()),
  /** Byte offset of the float32 scales, one a column. */
  scales: z.number().int().nonnegative(),
  /** Byte offset of the int8 values. */
  values: z.number().int().nonnegative(),
});

/** `manifest.json` of a model bundle: what is in it and how to read it. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  version: z.string().min(1),
  createdAt: z.iso.datetime(),
  /** Version of the text preparation that the network was trained with. Another one is refused. */
  preprocessor: z.number().int().positive(),
  languages: z.array(z.string()),
  maxTokens: z.number().int().positive(),
  architecture: z.strictObject({
    kind: z.literal('bilstm'),
    embedding: z.number().int().positive(),
    hidden: z.number().int().positive(),
  }),
  /** Probabilities are softmax(logits / temperature). */
  calibration: z.strictObject({
    temperature: z.number().positive(),
    /** By language (ISO 639), where one has a temperature of its own. */
    languages: z.record(z.string(), z.number().positive()).default({}),
  }),
  vocabulary: file.extend({ size: z.number().int().positive() }),
  weights: file.extend({ tensors: z.array(tensor) }),
  /** The LSTM's weights in int8. Without them they are made from `weights` at load, with the same result. */
  quantised: file.extend({ matrices: z.array(quantisedMatrix) }).optional(),
  /** What the weights were trained from and how: for people and for the model card. */
  training: z.record(z.string(), z.unknown()),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;
export type Calibration = Manifest['calibration'];

/** The temperature for a post of a language. */
export function temperatureFor({ temperature, languages }: Calibration, language: string): number {
  return Object.hasOwn(languages, language) ? (languages[language] ?? temperature) : temperature;
}
