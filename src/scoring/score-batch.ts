import { messageOf, type RejectionCode } from '../contracts/errors.js';
import type { LocateParts } from '../contracts/located-part.js';
import type { Post } from '../contracts/post.js';
import type { Prepare } from '../contracts/prepare.js';
import type { PreparedPost } from '../contracts/prepared-post.js';
import type { RecordBatch } from '../contracts/record.js';
import type { ScoredBatch } from '../contracts/scored-batch.js';
import type { ModelStamp } from '../contracts/scored-post.js';
import type { TextOutcome, TextScore } from '../contracts/text-score.js';
import type { TextToScore } from '../contracts/text-scorer.js';
import { type Manifest, temperatureFor } from '../model/manifest.js';
import { bucketByLength } from './buckets.js';
import { type Classification, classify } from './classify.js';
import type { DecodeRecord } from './decode.js';
import { createEncoder, type EncodeOptions, packOutcomes, type RecordOutcome } from './encode.js';
import type { ScoringEngine } from './engine.js';
import { explain } from './explain.js';

/** What a broker gives where a record has none. */
const NO_TIMESTAMP = -1;

export interface BatchScorerOptions extends Omit<EncodeOptions, 'model'> {
  readonly decode: DecodeRecord;
  readonly prepare: Prepare;
  /** Finds what explanations point at. */
  readonly locate: LocateParts;
  readonly engine: ScoringEngine;
  readonly manifest: Pick<Manifest, 'version' | 'calibration'>;
  /** A longer text, in bytes of UTF-8, is rejected: `input.maxBytes`. */
  readonly maxBytes: number;
}

/** The whole way of a batch within one thread: decode, prepare, bucket, score, encode. */
export interface BatchScorer {
  readonly stamp: ModelStamp;
  scoreBatch(batch: RecordBatch): Promise<ScoredBatch>;
  /** Outcomes in the order of the texts. */
  scoreTexts(texts: readonly TextToScore[]): Promise<readonly TextOutcome[]>;
}

interface Rejected {
  readonly kind: 'rejected';
  readonly code: RejectionCode;
  readonly message: string;
}

/** A text on its way to the network. */
interface ReadyText {
  readonly kind: 'ready';
  readonly prepared: PreparedPost;
}

interface ReadyPost extends ReadyText {
  readonly post: Post;
  readonly recordTimestamp: number;
}

export function createBatchScorer(options: BatchScorerOptions): BatchScorer {
  const { decode, prepare, locate, engine, manifest, maxBytes, ...encoding } = options;
  const stamp: ModelStamp = { version: manifest.version, engine: engine.name, precision: engine.precision };
  const encoder = createEncoder({ ...encoding, model: stamp });

  function prepareText({ text, language }: TextToScore): ReadyText | Rejected {
    try {
      const prepared = prepare(text, language);
      return prepared === undefined
        ? { kind: 'rejected', code: 'SF_POST_NO_TEXT', message: 'nothing is left of the text to score' }
        : { kind: 'ready', prepared };
    } catch (error) {
      // One text that trips the preparation must not stop the posts beside it.
      return { kind: 'rejected', code: 'SF_POST_POISON', message: messageOf(error) };
    }
  }

  function readRecord(batch: RecordBatch, i: number): ReadyPost | Exclude<RecordOutcome, { kind: 'scored' }> {
    const decoded = decode(batch, i);
    switch (decoded.kind) {
      case 'deletion':
        return { kind: 'deleted', id: decoded.id };
      case 'rejected':
        return decoded;
      case 'post': {
        const { post } = decoded;
        const text = prepareText(post);
        if (text.kind !== 'ready') return text;
        const timestamp = batch.timestamps[i] ?? NO_TIMESTAMP;
        // Without a record's timestamp nothing tells that the post is early or late.
        return { ...text, post, recordTimestamp: timestamp === NO_TIMESTAMP ? post.createdAt : timestamp };
      }
    }
  }

  function readText(text: TextToScore): ReadyText | Rejected {
    const size = Buffer.byteLength(text.text, 'utf8');
    return size > maxBytes
      ? {
          kind: 'rejected',
          code: 'SF_POST_TOO_LARGE',
          message: `the text has ${size} bytes, more than ${maxBytes}`,
        }
      : prepareText(text);
  }

  /** @returns tells the classification of each of the posts */
  async function classifyAll(
    posts: readonly PreparedPost[],
  ): Promise<(post: PreparedPost) => Classification> {
    const classifications = new Map<PreparedPost, Classification>();
    for (const { indices, batch } of bucketByLength(posts.map(({ tokens }) => tokens))) {
      const logits = await engine.score(batch);
      for (const [row, index] of indices.entries()) {
        const post = posts[index];
        if (post === undefined) throw new RangeError(`a bucket names post ${index} of ${posts.length}`);
        const temperature = temperatureFor(manifest.calibration, post.language);
        classifications.set(post, classify(logits, row, temperature));
      }
    }
    return (post) => {
      const classification = classifications.get(post);
      if (classification === undefined) throw new RangeError('a post was not among those scored');
      return classification;
    };
  }

  async function explained(
    text: string,
    { tokens, language }: PreparedPost,
    score: TextScore,
  ): Promise<TextScore> {
    const temperature = temperatureFor(manifest.calibration, language);
    const asked = { text, tokens, parts: locate(text), label: score.label };
    return { ...score, explanation: await explain(asked, { engine, temperature }) };
  }

  return {
    stamp,

    async scoreBatch(batch) {
      const started = performance.now();
      const records = Array.from({ length: batch.length }, (_, i) => readRecord(batch, i));
      const posts = records.flatMap((record) => (record.kind === 'ready' ? [record.prepared] : []));
      const prepared = performance.now();
      const classificationOf = await classifyAll(posts);
      const scored = performance.now();
      const outcomes = records.map((record): RecordOutcome => {
        if (record.kind !== 'ready') return record;
        const { post, recordTimestamp } = record;
        const classification = classificationOf(record.prepared);
        return {
          kind: 'scored',
          post: encoder.scoredPost(post, record.prepared, classification, recordTimestamp),
        };
      });
      return {
        ...packOutcomes(outcomes),
        model: stamp,
        tokens: posts.reduce((sum, { tokens }) => sum + tokens.length, 0),
        prepareMillis: prepared - started,
        scoreMillis: scored - prepared,
      };
    },

    async scoreTexts(texts) {
      const ready = texts.map(readText);
      const classificationOf = await classifyAll(
        ready.flatMap((text) => (text.kind === 'ready' ? [text.prepared] : [])),
      );
      const outcomes: TextOutcome[] = [];
      // One after the other: an explanation is a batch of its own, and an engine scores one at a time.
      for (const [i, text] of ready.entries()) {
        if (text.kind !== 'ready') outcomes.push(text);
        else {
          const { prepared } = text;
          const score = encoder.textScore(prepared, classificationOf(prepared));
          const asked = texts[i];
          outcomes.push({
            kind: 'scored',
            score: asked?.explain === true ? await explained(asked.text, prepared, score) : score,
          });
        }
      }
      return outcomes;
    },
  };
}
