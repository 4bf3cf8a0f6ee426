import { z } from 'zod';
import type { Manifest } from '../model/manifest.js';

/** What `train` writes into a manifest; another trainer may have left parts of it out. */
const trainingSchema = z.looseObject({
  seed: z.number().optional().catch(undefined),
  epochs: z.number().optional().catch(undefined),
  data: z.array(z.looseObject({ file: z.string(), rows: z.number() })).catch([]),
  development: z
    .array(z.looseObject({ name: z.string(), posts: z.number(), macroRecall: z.number() }))
    .catch([]),
});

/** A manifest in words. */
export function manifestPage(directory: string, manifest: Manifest): string {
  const { version, createdAt, preprocessor, languages, maxTokens, architecture, calibration } = manifest;
  const { vocabulary, weights, quantised } = manifest;
  const { seed, epochs, data, development } = trainingSchema.parse(manifest.training);
  const field = (name: string, value: string): string => `${name.padEnd(13)} ${value}`;
  const list = (name: string, values: readonly string[]): readonly string[] =>
    values.map((value, index) => field(index === 0 ? name : '', value));
  const how = [
    ...(seed === undefined ? [] : [`seed ${seed}`]),
    ...(epochs === undefined ? [] : [`${epochs} epochs`]),
  ];
  return [
    field('model', `${version}, made ${createdAt}`),
    field('directory', directory),
    field('languages', languages.join(', ')),
    field(
      'network',
      `bidirectional LSTM, embedding ${architecture.embedding}, hidden ${architecture.hidden} each way, up to ${maxTokens} tokens`,
    ),
    field('vocabulary', `${vocabulary.size} pieces`),
    field(
      'weights',
      `${count(manifest)} numbers in float32; int8 ${quantised ? 'in the bundle' : 'made at load'}`,
    ),
    field('calibration', temperatures(calibration)),
    field('preprocessor', `version ${preprocessor}`),
    ...list('trained', how.length > 0 ? [how.join(', ')] : []),
    ...list(
      'data',
      data.map(({ file, rows }) => `${file} (${rows} rows)`),
    ),
    ...list(
      'development',
      development.map(
        ({ name, posts, macroRecall }) =>
          `${name}: macro recall ${(100 * macroRecall).toFixed(1)} (${posts} posts)`,
      ),
    ),
    ...list(
      'files',
      [vocabulary, weights, ...(quantised ? [quantised] : [])].map(
        ({ file, sha256 }) => `${file} verified, SHA-256 ${sha256}`,
      ),
    ),
    '',
  ].join('\n');
}

function count({ weights }: Manifest): number {
  return weights.tensors.reduce(
    (sum, { shape }) => sum + shape.reduce((product, extent) => product * extent, 1),
    0,
  );
}

function temperatures({ temperature, languages }: Manifest['calibration']): string {
  const own = Object.entries(languages).map(([language, value]) => `${language} ${value.toFixed(3)}`);
  return [`temperature ${temperature.toFixed(3)}`, ...own].join(', ');
}
