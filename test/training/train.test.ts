import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalise, PLACEHOLDERS } from '../../src/preprocess/normalise.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { isIdeograph, wordsOf } from '../../src/preprocess/words.js';
import { type Recipe, recipeSchema } from '../../src/training/recipe.js';
import { type Trained, type TrainingEvent, type TrainingHooks, train } from '../../src/training/train.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tensors } from '../support/tensors.js';

const text = { normalise, wordsOf, isIdeograph, createTokeniser, reserved: PLACEHOLDERS };

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

function recipeFor(folder: string): Recipe {
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

async function trained(recipe: Recipe, hooks: TrainingHooks = {}): Promise<Trained> {
  const outcome = await train(recipe, text, hooks);
  if (outcome.kind === 'stopped') throw new Error('the training was stopped');
  return outcome.trained;
}

/** Trains until a step is reported, then stops as a signal would. */
async function stopAt(step: number, recipe: Recipe, file: string) {
  const controller = new AbortController();
  return train(recipe, text, {
    report: (event) => {
      if (event.kind === 'step' && event.step >= step) controller.abort();
    },
    stop: controller.signal,
    checkpoints: { file, everyMinutes: 5, resume: false },
  });
}

describe.skipIf(tensors === undefined)('train', () => {
  it('learns what posts say, and tells how far it is', async () => {
    const events: TrainingEvent[] = [];
    const saved: Trained[] = [];
    const { development, data, calibration, weights } = await trained(recipeFor(temporaryFolder()), {
      report: (event) => events.push(event),
      afterEpoch: async (state) => {
        saved.push(state);
      },
    });
    expect(development).toEqual([{ name: 'held out', posts: 10, macroRecall: expect.any(Number) }]);
    expect(development[0]?.macroRecall).toBeGreaterThan(0.9);
    expect(data).toEqual([{ file: 'posts.tsv', rows: 86 }]);
    expect(calibration.temperature).toBeGreaterThan(0);
    expect(saved).toHaveLength(2);
    expect(saved[1]?.weights).toBe(weights);
    const kinds = ['data', 'duplicates', 'vocabulary', 'start', 'step', 'epoch', 'step', 'epoch'];
    expect(events.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('gives the same network for the same recipe', async () => {
    const recipe = { ...recipeFor(temporaryFolder()), epochs: 1 };
    const [first, second] = [await trained(recipe), await trained(recipe)];
    expect(second.vocabulary.pieces).toEqual(first.vocabulary.pieces);
    expect(second.weights).toEqual(first.weights);
  });

  it('lets go of its tensors', async () => {
    const recipe = { ...recipeFor(temporaryFolder()), epochs: 1 };
    await trained(recipe);
    const before = tensors?.tf.memory().numTensors;
    await trained(recipe);
    expect(tensors?.tf.memory().numTensors).toBe(before);
  });
});

describe.skipIf(tensors === undefined)('a training that was stopped', () => {
  it.each([
    ['in the middle of an epoch', 50],
    ['in a later epoch', 100],
  ])('ends, when resumed, with the weights of one that never was: %s', async (_, step) => {
    const folder = temporaryFolder();
    const recipe = recipeFor(folder);
    const file = join(folder, '.checkpoint');
    const stopped = await stopAt(step, recipe, file);
    expect(stopped).toMatchObject({ kind: 'stopped', steps: 108 });
    const starts: TrainingEvent[] = [];
    const resumed = await trained(recipe, {
      report: (event) => event.kind === 'start' && starts.push(event),
      checkpoints: { file, everyMinutes: 5, resume: true },
    });
    expect(starts).toEqual([{ kind: 'start', step: step + 1, steps: 108 }]);
    const { weights, calibration } = await trained(recipe);
    expect(resumed.weights).toEqual(weights);
    expect(resumed.calibration).toEqual(calibration);
  });

  it('goes on from the last epoch when it was killed without a word', async () => {
    const folder = temporaryFolder();
    const recipe = recipeFor(folder);
    const checkpoints = { file: join(folder, '.checkpoint'), everyMinutes: 5, resume: true };
    const killed = trained(recipe, {
      checkpoints,
      report: (event) => {
        if (event.kind === 'step' && event.step === 100) throw new Error('killed');
      },
    });
    await expect(killed).rejects.toThrow('killed');
    const resumed = await trained(recipe, { checkpoints });
    expect(resumed.weights).toEqual((await trained(recipe)).weights);
  });

  it('leaves no checkpoint behind when it has ended', async () => {
    const folder = temporaryFolder();
    const file = join(folder, '.checkpoint');
    await trained(recipeFor(folder), { checkpoints: { file, everyMinutes: 0, resume: false } });
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  it('is not gone on with by another recipe or other data, and says what differs', async () => {
    const folder = temporaryFolder();
    const recipe = recipeFor(folder);
    const file = join(folder, '.checkpoint');
    await stopAt(50, recipe, file);
    const checkpoints = { file, everyMinutes: 5, resume: true };
    await expect(trained({ ...recipe, learningRate: 0.01 }, { checkpoints })).rejects.toMatchObject({
      code: 'SF_TRAIN_CHECKPOINT_MISMATCH',
      message: expect.stringContaining('learningRate (0.02 then, 0.01 now)'),
    });
    writeFileSync(join(folder, 'posts.tsv'), posts().replace('positive\tI love', 'negative\tI love'));
    await expect(trained(recipe, { checkpoints })).rejects.toMatchObject({
      code: 'SF_TRAIN_CHECKPOINT_MISMATCH',
      message: expect.stringContaining('data 1 (posts.tsv, 86 rows'),
    });
  });

  it('begins anew where there is no checkpoint', async () => {
    const folder = temporaryFolder();
    const recipe = { ...recipeFor(folder), epochs: 1 };
    const checkpoints = { file: join(folder, '.checkpoint'), everyMinutes: 5, resume: true };
    expect((await trained(recipe, { checkpoints })).data).toHaveLength(1);
  });
});
