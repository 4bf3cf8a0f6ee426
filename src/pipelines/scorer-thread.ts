import { SentifluxError } from '../contracts/errors.js';
import { loadBundle } from '../model/bundle.js';
import { createPreparer } from '../preprocess/prepare.js';
import { createTokeniser } from '../preprocess/tokenise.js';
import { PREPROCESSOR_VERSION } from '../preprocess/version.js';
import { openEngine } from '../scoring/choose-engine.js';
import { createJsonDecoder } from '../scoring/decode.js';
import { createBatchScorer } from '../scoring/score-batch.js';
import { createThreadHandler } from '../scoring/thread.js';
import type { ScorerThreadData } from './scorer.js';

/** What runs in a scorer thread: text in, result out, with nothing of it on the main thread. */
export const handle = createThreadHandler(async (workerData: unknown) => {
  const { modelDirectory, brands, scoring, input, output, futureToleranceMs, oldAfterMs } =
    workerData as ScorerThreadData; // Put together by openScorer in the same process.
  const bundle = await loadBundle(modelDirectory);
  const { manifest, vocabulary } = bundle;
  if (manifest.preprocessor !== PREPROCESSOR_VERSION) {
    throw new SentifluxError(
      'SF_MODEL_INVALID',
      `the model bundle ${modelDirectory} was trained on texts prepared by version ${manifest.preprocessor}, this is version ${PREPROCESSOR_VERSION}.`,
      { hint: 'Train it again with this version of sentiflux, or use the shipped model.' },
    );
  }
  const { engine, fallback } = await openEngine(scoring, bundle);
  const scorer = createBatchScorer({
    decode: createJsonDecoder(input),
    prepare: createPreparer({
      tokenise: createTokeniser(vocabulary, manifest.maxTokens),
      languages: manifest.languages,
      brands,
    }),
    engine,
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
