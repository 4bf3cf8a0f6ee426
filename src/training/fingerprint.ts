import { createHash, type Hash } from 'node:crypto';
import { basename } from 'node:path';
import { TENSOR_NAMES } from '../model/bundle.js';
import type { Example } from './batches.js';
import type { PreparedData } from './data.js';
import type { Recipe } from './recipe.js';
import type { Start } from './start.js';

/** What a training's result follows from, by name: two trainings with the same values give the same weights. */
export type Fingerprint = Readonly<Record<string, string>>;

/** Where files lie is of no matter; what stands in them is taken from the examples. */
export function fingerprintOf(recipe: Recipe, prepared: PreparedData, start: Start): Fingerprint {
  const { data, development, evaluation, initialEmbedding, ...settings } = recipe;
  return {
    ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, JSON.stringify(value)])),
    vocabulary: sum((hash) => hash.update(prepared.vocabulary.serialise())),
    'weights to start from': sum((hash) => {
      for (const name of TENSOR_NAMES) hash.update(start.weights[name]);
    }),
    'share of them that is kept': String(start.kept),
    ...Object.fromEntries(
      prepared.sets.map(({ file, examples, rowsAnEpoch, repeat }, index) => [
        `data ${index + 1}`,
        `${basename(file)}, ${examples.length} rows, ${rowsAnEpoch} an epoch, ${repeat} times, ${sumOf(examples)}`,
      ]),
    ),
    ...Object.fromEntries(
      prepared.development.map(({ name, examples }) => [
        `development ${name}`,
        `${examples.length} rows, ${sumOf(examples)}`,
      ]),
    ),
  };
}

/** What two trainings differ in, as phrases. */
export function differences(before: Fingerprint, now: Fingerprint): readonly string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names]
    .filter((name) => before[name] !== now[name])
    .map((name) => `${name} (${before[name] ?? 'none'} then, ${now[name] ?? 'none'} now)`);
}

function sumOf(examples: readonly Example[]): string {
  return sum((hash) => {
    for (const { tokens, label, softLabel, twoClass, weight } of examples) {
      hash.update(tokens);
      hash.update(JSON.stringify([label, softLabel, twoClass, weight]));
    }
  });
}

function sum(feed: (hash: Hash) => void): string {
  const hash = createHash('sha256');
  feed(hash);
  return hash.digest('hex').slice(0, 12);
}
