import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalise, PLACEHOLDERS } from '../../src/preprocess/normalise.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { wordsOf } from '../../src/preprocess/words.js';
import { recipeSchema } from '../../src/training/recipe.js';
import { type Trained, type TrainingEvent, train } from '../../src/training/train.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tensors } from '../support/tensors.js';

const text = { normalise, wordsOf, createTokeniser, reserved: PLACEHOLDERS };

const THINGS = ['tram', 'soup', 'phone', 'film', 'hotel', 'jacket', 'coffee', 'garden'];
const SAYINGS = {
  negative: ['I hate this', 'what an awful', 'never again this', 'so angry about the'],
  neutral: ['there is a', 'they sell the', 'we looked at the', 'this is the'],
  positive: ['I love this', 'what a lovely', 'so happy with the', 'more of this great'],
};

/** Invented posts that say one thing plainly: a network of any size can learn them. */
function posts(): string {
  const rows = Object.entries(SAYINGS).flatMap(([label, sayings]) =>
    sayings.flatMap((saying) => THINGS.map((thing) => `${label}\t${saying} ${thing}`)),
  );
  return `label\ttext\n${rows.join('\n')}\n`;
}

function recipeFor(folder: string) {
  const file = join(folder, 'posts.tsv');
  writeFileSync(file, posts());
  return recipeSchema.parse({
    data: [{ file, repeat: 10 }],
    vocabulary: 200,
    embedding: 8,
    hidden: 8,
    epochs: 2,
    batch: 16,
    learningRate: 0.02,
  });
}

describe.skipIf(tensors === undefined)('train', () => {
  it('learns what posts say, and tells how far it is', async () => {
    const events: TrainingEvent[] = [];
    const saved: Trained[] = [];
    const trained = await train(
      recipeFor(temporaryFolder()),
      text,
      (event) => events.push(event),
      async (checkpoint) => {
        saved.push(checkpoint);
      },
    );
    expect(trained.development).toEqual([{ name: 'held out', posts: 10, macroRecall: expect.any(Number) }]);
    expect(trained.development[0]?.macroRecall).toBeGreaterThan(0.9);
    expect(trained.data).toEqual([{ file: 'posts.tsv', rows: 86 }]);
    expect(trained.temperature).toBeGreaterThan(0);
    expect(saved).toHaveLength(2);
    expect(saved[1]).toBe(trained);
    expect(events.map(({ kind }) => kind)).toEqual(['data', 'vocabulary', 'step', 'epoch', 'step', 'epoch']);
  });

  it('gives the same network for the same recipe', async () => {
    const recipe = { ...recipeFor(temporaryFolder()), epochs: 1 };
    const [first, second] = [await train(recipe, text, () => {}), await train(recipe, text, () => {})];
    expect(second.vocabulary.pieces).toEqual(first.vocabulary.pieces);
    expect(second.weights).toEqual(first.weights);
  });

  it('lets go of its tensors', async () => {
    const recipe = { ...recipeFor(temporaryFolder()), epochs: 1 };
    await train(recipe, text, () => {});
    const before = tensors?.tf.memory().numTensors;
    await train(recipe, text, () => {});
    expect(tensors?.tf.memory().numTensors).toBe(before);
  });
});
