import type { ModelStamp } from '../contracts/scored-post.js';
import type { TokenBatch } from '../contracts/token-batch.js';
import type { ModelBundle } from '../model/bundle.js';

export type EngineName = ModelStamp['engine'];
export type Precision = ModelStamp['precision'];

/** Runs the network. One engine belongs to one thread and scores one batch at a time. */
export interface ScoringEngine {
  readonly name: EngineName;
  readonly precision: Precision;
  /** @returns logits, [rows × 3], in the order of `LABELS` */
  score(batch: TokenBatch): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Makes an engine, or throws SF_ENGINE_UNAVAILABLE when its library is not to be had on this machine. */
export type EngineFactory = (bundle: ModelBundle, precision: Precision) => Promise<ScoringEngine>;
