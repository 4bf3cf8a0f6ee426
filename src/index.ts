/**
 * sentiflux as a library: `createScorer` scores texts in your own program, `createPipeline` runs the worker in it with
 * your own sources, sinks and detectors. What is not exported here may change at any time.
 */

export type { Detector, DetectorInput, Finding } from './alerting/detectors/detector.js';
export type { Slot as DetectorWindow } from './alerting/window-series.js';
export type { ConfigInput } from './config/schema.js';
export type { Alert } from './contracts/alert.js';
export type { AlertBook, AlertQuery } from './contracts/alert-book.js';
export type { BrandInput } from './contracts/brand.js';
export { type ErrorCode, type RejectionCode, SentifluxError } from './contracts/errors.js';
export {
  ALL_BRANDS,
  type BrandId,
  brandId,
  type EpochMillis,
  epochMillis,
  OTHER_BRANDS,
  type PostId,
  postId,
  type SourceCursor,
  sourceCursor,
} from './contracts/ids.js';
export type { Label, Probabilities } from './contracts/labels.js';
export type { LiveEvent as OutputEvent } from './contracts/live-feed.js';
export type { Logger } from './contracts/logger.js';
export type { Flag, Post } from './contracts/post.js';
export type { ModelStamp, ScoredPost } from './contracts/scored-post.js';
export type { Output, Sink } from './contracts/sink.js';
export type { ExplainedPart, TextOutcome, TextScore } from './contracts/text-score.js';
export type { TextToScore } from './contracts/text-scorer.js';
export type { Tier, WindowAggregate } from './contracts/window.js';
export type { WindowQuery, WindowReader } from './contracts/window-reader.js';
export { EMBEDDED, type Settings } from './library/configuration.js';
export { type CreatePipelineOptions, createPipeline, type Pipeline } from './library/create-pipeline.js';
export { type CreateScorerOptions, createScorer, type Scorer } from './library/create-scorer.js';
export type { IngestTally } from './pipelines/ingest.js';
export type { Readiness, RoleName } from './pipelines/role.js';
export {
  type Source,
  type SourceBatch,
  type SourceEvent,
  type SourceGap,
  SourceUnreachable,
  type SourceUnreachableOptions,
} from './sources/port.js';
export { version } from './version.js';
