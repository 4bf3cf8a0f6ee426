import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/contracts/logger.js';
import type { RecordBatch } from '../../src/contracts/record.js';
import { KEY_IS_NULL } from '../../src/contracts/record.js';
import { OUTCOME, type ScoredBatch } from '../../src/contracts/scored-batch.js';
import { createPoisonSearch } from '../../src/scoring/poison.js';
import { batchOf, valuesOf } from './batches.js';

const stamp = { version: '1', engine: 'onnx', precision: 'int8' } as const;

/** A scorer's result in which each post comes back as it was. */
const echo = ({ length, bytes, boundaries }: RecordBatch): ScoredBatch => ({
  length,
  outcomes: new Uint8Array(length).fill(OUTCOME.scored),
  bytes,
  boundaries,
  nulls: new Uint8Array(length).fill(KEY_IS_NULL),
  rejections: [],
  model: stamp,
  tokens: length,
  prepareMillis: 1,
  scoreMillis: 1,
});

interface Scorer {
  readonly fails: (text: string) => boolean;
  readonly probe?: () => Promise<void>;
}

function searchWith({ fails, probe = async () => {} }: Scorer) {
  const attempts: Array<{ readonly posts: number; readonly limit: number }> = [];
  const attempt = async (batch: RecordBatch, limit: number): Promise<ScoredBatch> => {
    attempts.push({ posts: batch.length, limit });
    if (valuesOf(batch).some((value) => fails(value ?? ''))) throw new Error('the thread ended');
    return echo(batch);
  };
  const search = createPoisonSearch({
    attempt,
    attemptFirst: (batch) => attempt(batch, 30_000),
    probe,
    stamp,
    limitMillis: 30_000,
    wait: async () => {},
    logger: silentLogger,
  });
  return { search, attempts };
}

const isPoison = (text: string): boolean => text.startsWith('poison');

describe('the search for poison', () => {
  it('rejects exactly the poison, wherever it stands, and keeps the order of the rest', async () => {
    const texts = fc.array(
      fc.oneof(
        fc.string(),
        fc.nat().map((n) => `poison ${n}`),
      ),
      { minLength: 1, maxLength: 40 },
    );
    await fc.assert(
      fc.asyncProperty(texts, async (values) => {
        const scored = await searchWith({ fails: isPoison }).search(batchOf(values));
        expect(valuesOf(scored)).toEqual(values.map((value) => (isPoison(value) ? null : value)));
        expect(scored.rejections.map(({ index }) => index)).toEqual(
          values.flatMap((value, index) => (isPoison(value) ? [index] : [])),
        );
        expect([...scored.outcomes]).toEqual(
          values.map((value) => (isPoison(value) ? OUTCOME.rejected : OUTCOME.scored)),
        );
      }),
    );
  });

  it('gives parts less time, and a lone post all of it', async () => {
    const { search, attempts } = searchWith({ fails: isPoison });
    await search(batchOf(['poison', ...Array.from({ length: 31 }, (_, i) => `${i}`)]));
    const ofPoison = attempts.filter(({ posts }, i) => i === 0 || posts <= (attempts[i - 1]?.posts ?? 0));
    expect(ofPoison.slice(0, 8)).toEqual([
      { posts: 32, limit: 30_000 },
      { posts: 32, limit: 30_000 },
      { posts: 16, limit: 15_000 },
      { posts: 8, limit: 7_500 },
      { posts: 4, limit: 3_750 },
      { posts: 2, limit: 1_875 },
      { posts: 1, limit: 30_000 },
      { posts: 1, limit: 30_000 },
    ]);
  });

  it('rejects nothing where posts fail only together', async () => {
    const { search } = searchWith({ fails: () => false });
    let calls = 0;
    const attempt = async (batch: RecordBatch): Promise<ScoredBatch> => {
      calls += 1;
      if (batch.length > 2) throw new Error('the thread ended');
      return echo(batch);
    };
    const together = createPoisonSearch({
      attempt,
      attemptFirst: attempt,
      probe: async () => {},
      stamp,
      limitMillis: 1,
      wait: async () => {},
      logger: silentLogger,
    });
    const batch = batchOf(['a', 'b', 'c', 'd']);
    expect(await together(batch)).toMatchObject({
      ...(await search(batch)),
      prepareMillis: 2,
      scoreMillis: 2,
    });
    expect(calls).toBe(4);
  });

  it('rejects nothing where the scorer breaks while it looks', async () => {
    let probes = 0;
    const { search } = searchWith({
      fails: () => true,
      async probe() {
        probes += 1;
        if (probes > 1) throw new Error('no memory left');
      },
    });
    await expect(search(batchOf(['a', 'b', 'c']))).rejects.toMatchObject({ code: 'SF_SCORER_FAILED' });
  });

  it('goes on where the probe passes at a later attempt', async () => {
    let probes = 0;
    const { search } = searchWith({
      fails: isPoison,
      async probe() {
        probes += 1;
        if (probes < 4) throw new Error('no memory left for now');
      },
    });
    expect((await search(batchOf(['a', 'poison']))).rejections).toMatchObject([{ index: 1 }]);
  });
});
