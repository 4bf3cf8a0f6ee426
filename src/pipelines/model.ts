import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { TextScorer, TextToScore } from '../contracts/text-scorer.js';
import { loadBundle, type ModelBundle } from '../model/bundle.js';
import { PREPROCESSOR_VERSION } from '../preprocess/version.js';

/** What a network must be able to score: a word, a text without spaces, a lone emoji. */
export const CANARIES: readonly TextToScore[] = [
  { text: 'good', language: 'en' },
  { text: '不好', language: 'zh' },
  { text: '👍' },
];

/**
 * Reads a bundle whose network was trained on texts prepared as they are here.
 *
 * @throws SentifluxError SF_MODEL_UNREADABLE, SF_MODEL_INVALID
 */
export async function loadModel(directory: string): Promise<ModelBundle> {
  const bundle = await loadBundle(directory);
  const { preprocessor } = bundle.manifest;
  if (preprocessor !== PREPROCESSOR_VERSION) {
    throw new SentifluxError(
      'SF_MODEL_INVALID',
      `the model bundle ${directory} was trained on texts prepared by version ${preprocessor}, this is version ${PREPROCESSOR_VERSION}.`,
      { hint: 'Train it again with this version of sentiflux, or use the shipped model.' },
    );
  }
  return bundle;
}

/**
 * Weights that are numbers may still overflow on the way, or be more than a machine can hold: the scorer then says so
 * here, and not at the first batch.
 *
 * @throws SentifluxError SF_MODEL_INVALID
 */
export async function scoreCanaries(scorer: TextScorer, directory: string): Promise<void> {
  const refused = (problem: string): SentifluxError =>
    new SentifluxError('SF_MODEL_INVALID', `the model bundle ${directory} cannot score: ${problem}.`, {
      hint: 'Train it anew, or use the shipped model.',
    });
  const outcomes = await scorer.score(CANARIES).catch((error: unknown) => {
    throw refused(messageOf(error));
  });
  for (const outcome of outcomes) if (outcome.kind === 'rejected') throw refused(outcome.message);
}
