import { rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Config, configSchema } from '../../src/config/schema.js';
import { type Brand, brandSchema } from '../../src/contracts/brand.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import type { Logger } from '../../src/contracts/logger.js';
import { packRecords, valueAt } from '../../src/contracts/record-batch.js';
import type { ScoredBatch } from '../../src/contracts/scored-batch.js';
import { scoredPostSchema } from '../../src/contracts/scored-post.js';
import type { ModelBundle } from '../../src/model/bundle.js';
import { openScorer } from '../../src/pipelines/scorer.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

// Each model starts threads of its own.
vi.setConfig({ testTimeout: 60_000 });

const first = randomBundle({ seed: 1 });
const second = randomBundle({ seed: 2 });

/** A scorer on a folder of its own, and what it has logged. */
async function openOn(
  bundle: ModelBundle,
  scoring: Partial<Config['scoring']> = {},
  currentBrands: () => readonly Brand[] = () => [],
) {
  const folder = temporaryFolder();
  const model = await writeTestBundle(join(folder, 'model'), bundle);
  const logged: object[] = [];
  const log = (fields: object, message: string): void => void logged.push({ ...fields, message });
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const config = configSchema.parse({ scoring: { model, threads: 1, ...scoring } });
  const scorer = await openScorer({ config, brands: [], currentBrands, logger });
  onTestFinished(() => scorer.close());
  return { folder, model, scorer, logged };
}

const POSTS_OF_A_BATCH = 20;

function batchOf(number: number) {
  return packRecords(
    Array.from({ length: POSTS_OF_A_BATCH }, (_, i) => ({
      topic: 'posts.raw',
      partition: 0,
      offset: number * POSTS_OF_A_BATCH + i,
      timestamp: epochMillis(0),
      key: Buffer.from(`post-${number}-${i}`),
      value: Buffer.from(JSON.stringify({ text: `the letters of post ${i}` })),
    })),
    assignmentEpoch(1),
  );
}

const postsOf = (scored: ScoredBatch) =>
  Array.from({ length: scored.length }, (_, i) =>
    scoredPostSchema.parse(JSON.parse(Buffer.from(valueAt(scored, i) ?? []).toString())),
  );

describe('another model', () => {
  it('takes the place of the one in use, from the same directory', async () => {
    const { model, scorer, logged } = await openOn(first);
    await writeTestBundle(model, second);
    expect(await scorer.reload()).toMatchObject({
      kind: 'swapped',
      from: { version: 'random-1' },
      to: { version: 'random-2', precision: 'int8' },
    });
    expect(scorer.stamp.version).toBe('random-2');
    expect(await scorer.score([{ text: 'good' }])).toMatchObject([
      { kind: 'scored', score: { model: { version: 'random-2' } } },
    ]);
    expect(logged).toMatchObject([{ directory: model, message: 'another model is in use' }]);
  });

  it('brings in the brands that are in use by then', async () => {
    let brands = [brandSchema.parse({ id: 'acme', name: 'Acme', keywords: ['letters'] })];
    const { scorer } = await openOn(first, {}, () => brands);
    const brandsOfFirst = async () => postsOf(await scorer.scoreBatch(batchOf(0)))[0]?.brands;
    expect(await brandsOfFirst()).toEqual(['acme']);
    brands = [brandSchema.parse({ id: 'globex', name: 'Globex', keywords: ['letters of post'] })];
    expect(await scorer.reload()).toMatchObject({ kind: 'swapped' });
    expect(await brandsOfFirst()).toEqual(['globex']);
  });

  it('comes from any directory that is named, until the configured one is asked for again', async () => {
    const { folder, scorer } = await openOn(first);
    const other = await writeTestBundle(join(folder, 'other'), second);
    await scorer.reload(other);
    expect(scorer.stamp.version).toBe('random-2');
    await scorer.reload();
    expect(scorer.stamp.version).toBe('random-1');
  });

  it('may come by a link that is moved', async () => {
    const folder = temporaryFolder();
    await writeTestBundle(join(folder, 'one'), first);
    await writeTestBundle(join(folder, 'two'), second);
    await symlink('one', join(folder, 'current'));
    const { scorer } = await openOn(first, { model: join(folder, 'current') });
    await symlink('two', join(folder, 'next'));
    await rename(join(folder, 'next'), join(folder, 'current'));
    expect(await scorer.reload()).toMatchObject({ to: { version: 'random-2' } });
  });

  it('is loaded by one swap at a time', async () => {
    const { scorer, logged } = await openOn(first);
    const outcomes = await Promise.all([scorer.reload(), scorer.reload()]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['swapped', 'busy']);
    expect(logged).toContainEqual(expect.objectContaining({ code: 'SF_MODEL_BUSY' }));
    expect(await scorer.reload()).toMatchObject({ kind: 'swapped' });
  });

  it('is not loaded by a scorer that closes', async () => {
    const { scorer } = await openOn(first);
    const closing = scorer.close();
    expect(await scorer.reload()).toEqual({ kind: 'busy' });
    await closing;
  });
});

const MOST_UNDER_WAY = 16;

describe('batches under way while the model changes 20 times', () => {
  it('have all of their posts scored once, by one model each, and change it in their order', async () => {
    const { folder, scorer } = await openOn(first);
    const versions = [second, first];
    const directories = await Promise.all(
      versions.map((bundle) => writeTestBundle(join(folder, bundle.manifest.version), bundle)),
    );
    const scoring: Promise<ScoredBatch>[] = [];
    let swaps = 0;
    const feeding = (async () => {
      while (swaps < 20) {
        scoring.push(scorer.scoreBatch(batchOf(scoring.length)));
        await new Promise((resolve) => setTimeout(resolve, 2));
        // A feed without bound would bury a busy machine, and each swap waits for what is under way.
        await scoring.at(-MOST_UNDER_WAY);
      }
    })();
    for (; swaps < 20; swaps += 1) {
      expect(await scorer.reload(directories[swaps % 2])).toMatchObject({ kind: 'swapped' });
    }
    await feeding;
    const batches = await Promise.all(scoring);

    expect(batches.length).toBeGreaterThan(100);
    const used = batches.map((scored, number) => {
      const posts = postsOf(scored);
      expect(posts.map(({ id }) => id)).toEqual(
        Array.from({ length: POSTS_OF_A_BATCH }, (_, i) => `post-${number}-${i}`),
      );
      const [version, ...others] = new Set(posts.map(({ model }) => model.version));
      expect(others).toEqual([]);
      expect(scored.model.version).toBe(version);
      return version;
    });
    // In the order in which the batches began each model is used for one stretch.
    const changes = used.filter((version, i) => version !== used[i - 1]).length;
    expect(changes).toBeGreaterThan(1);
    expect(changes).toBeLessThanOrEqual(21);
  }, 300_000);

  it('have the figures of the model that their stamp names', async () => {
    const { folder, scorer } = await openOn(first, { precision: 'float32' });
    const other = await writeTestBundle(join(folder, 'other'), second);
    const before = postsOf(await scorer.scoreBatch(batchOf(0)));
    const [crossing] = await Promise.all([scorer.scoreBatch(batchOf(0)), scorer.reload(other)]);
    const after = postsOf(await scorer.scoreBatch(batchOf(0)));
    expect(postsOf(crossing)).toEqual(before);
    expect(after.map(({ polarity }) => polarity)).not.toEqual(before.map(({ polarity }) => polarity));
  });
});

describe('a model that cannot be used', () => {
  const huge = {
    ...second,
    weights: {
      ...second.weights,
      // Finite, but its products are not.
      'output/kernel': second.weights['output/kernel'].map(() => 3e38),
    },
  };

  it.each([
    [
      'of another preprocessor',
      'SF_MODEL_INVALID',
      'prepared by version 99',
      (to: string) => writeTestBundle(to, second, { preprocessor: 99 }),
    ],
    [
      'whose sums overflow',
      'SF_MODEL_INVALID',
      'cannot score: the logits',
      (to: string) => writeTestBundle(to, huge),
    ],
    [
      'whose calibration gives no probabilities',
      'SF_MODEL_INVALID',
      'cannot score: the logits',
      (to: string) =>
        writeTestBundle(to, second, { calibration: { temperature: Number.MIN_VALUE, languages: {} } }),
    ],
    [
      'that is copied by half',
      'SF_MODEL_UNREADABLE',
      'weights.f32',
      async (to: string) => {
        await writeTestBundle(to, second);
        await rm(join(to, 'weights.f32'));
      },
    ],
    ['that is not there', 'SF_MODEL_UNREADABLE', 'ENOENT', async () => {}],
  ] as const)('%s is refused, and the one before stays', async (_, code, message, write) => {
    const { folder, scorer, logged } = await openOn(first);
    await write(join(folder, 'broken'));
    expect(await scorer.reload(join(folder, 'broken'))).toMatchObject({
      kind: 'refused',
      code,
      message: expect.stringContaining(message),
      model: { version: 'random-1' },
    });
    expect(logged.at(-1)).toMatchObject({ code, directory: join(folder, 'broken') });
    expect((await scorer.scoreBatch(batchOf(0))).model.version).toBe('random-1');
    expect(await scorer.reload()).toMatchObject({ kind: 'swapped' });
  });

  it('is refused at the start too', async () => {
    const model = await writeTestBundle(join(temporaryFolder(), 'model'), huge);
    const config = configSchema.parse({ scoring: { model, threads: 1 } });
    await expect(openScorer({ config, brands: [] })).rejects.toMatchObject({ code: 'SF_MODEL_INVALID' });
  });
});
