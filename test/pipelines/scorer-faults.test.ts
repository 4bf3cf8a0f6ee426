import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { assignmentEpoch, epochMillis } from '../../src/contracts/ids.js';
import { packRecords } from '../../src/contracts/record-batch.js';
import { openScorer } from '../../src/pipelines/scorer.js';
import { valuesOf } from '../scoring/batches.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const POSTS = 8;
const POISON = 5;

async function openFaulty() {
  const model = await writeTestBundle(join(temporaryFolder(), 'model'), randomBundle({ seed: 1 }));
  const config = configSchema.parse({
    // float32: a post's result does not depend on those beside it.
    scoring: { model, precision: 'float32', threads: 2, batchTimeoutMs: 1_000, threadHeapMb: 32 },
  });
  const thread = new URL('../scoring/fixtures/faulty-thread.mjs', import.meta.url);
  const scorer = await openScorer({ config, brands: [], thread });
  onTestFinished(() => scorer.close());
  return scorer;
}

function postsWith(mark: string) {
  return packRecords(
    Array.from({ length: POSTS }, (_, offset) => ({
      topic: 'posts.raw',
      partition: 0,
      offset,
      timestamp: epochMillis(0),
      key: Buffer.from(`post-${offset}`),
      value: Buffer.from(
        JSON.stringify({ text: `the letters of post ${offset}${offset === POISON ? mark : ''}` }),
      ),
    })),
    assignmentEpoch(1),
  );
}

describe('threads with a real engine', () => {
  it.each(['#crash', '#throw', '#hang', '#memory'])(
    'lose one post to %s, and score all others as if it were not there',
    async (mark) => {
      const scorer = await openFaulty();
      const untouched = valuesOf(await scorer.scoreBatch(postsWith('')));
      const scored = await scorer.scoreBatch(postsWith(mark));
      expect(scored.rejections).toMatchObject([{ index: POISON, code: 'SF_SCORER_POISON' }]);
      expect(valuesOf(scored)).toEqual(untouched.map((value, i) => (i === POISON ? null : value)));
      // Every thread is in its place again.
      const after = await Promise.all(Array.from({ length: 4 }, () => scorer.scoreBatch(postsWith(''))));
      expect(after.map(valuesOf)).toEqual(after.map(() => untouched));
    },
    120_000,
  );
});
