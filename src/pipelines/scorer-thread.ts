import { Vocabulary } from '../model/vocabulary.js';
import { createLocator } from '../preprocess/locate.js';
import { createPreparer } from '../preprocess/prepare.js';
import { createTokeniser, createWordCutter } from '../preprocess/tokenise.js';
import { openEngine } from '../scoring/choose-engine.js';
import { createDecoder } from '../scoring/decode.js';
import type { ReadRegistered } from '../scoring/registered-message.js';
import { createBatchScorer } from '../scoring/score-batch.js';
import { createThreadHandler } from '../scoring/thread.js';
import type { ScorerThreadData } from './scorer.js';

/** What runs in a scorer thread: text in, result out, with nothing of it on the main thread. */
export const handle = createThreadHandler(async (workerData, guard) => {
  const { bundle, brands, scoring, input, output, futureToleranceMs, oldAfterMs } =
    workerData as ScorerThreadData; // Put together by openScorer in the same process.
  const { pieces, ...sent } = bundle;
  const vocabulary = new Vocabulary(pieces);
  const { manifest } = sent;
  const cutter = createWordCutter(vocabulary);
  const { engine, fallback } = await openEngine(scoring, { ...sent, vocabulary });
  const scorer = createBatchScorer({
    decode: createDecoder(input, input.registry.url === undefined ? undefined : await registeredReader()),
    prepare: createPreparer({
      tokenise: createTokeniser(vocabulary, manifest.maxTokens, cutter),
      languages: manifest.languages,
      brands,
    }),
    locate: createLocator({ cutter, maxTokens: manifest.maxTokens }),
    engine: guard(engine),
    manifest,
    maxBytes: input.maxBytes,
    lowConfidence: scoring.lowConfidence,
    includeText: output.includeText,
    authorKey: output.authorKey,
    futureToleranceMs,
    oldAfterMs,
  });
  return { scorer, ...(fallback && { fallback }) };
});

/** Loaded where it is asked for: most workers read JSON alone. */
async function registeredReader(): Promise<ReadRegistered> {
  const { createRegisteredReader } = await import('../scoring/registered-message.js');
  return createRegisteredReader();
}
