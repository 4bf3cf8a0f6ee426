import { LABELS, type Label } from '../contracts/labels.js';
import type { LocatedPart } from '../contracts/located-part.js';
import type { ExplainedPart } from '../contracts/text-score.js';
import { UNKNOWN_ID } from '../model/vocabulary.js';
import { bucketByLength } from './buckets.js';
import type { ScoringEngine } from './engine.js';

export interface ExplainOptions {
  readonly engine: ScoringEngine;
  /** The calibration's. */
  readonly temperature: number;
}

/** A text that was scored, with what is needed to ask what decided. */
export interface TextToExplain {
  readonly text: string;
  readonly tokens: Int32Array;
  readonly parts: readonly LocatedPart[];
  readonly label: Label;
}

/**
 * Explains a label by occlusion (Zeiler and Fergus 2014; for words Li, Monroe and Jurafsky 2016, "Understanding
 * neural networks through representation erasure"): each part's tokens are replaced by the unknown one, and what the
 * label's log-odds lose is the part's weight. One more text goes through the network for each part.
 */
export async function explain(
  { text, tokens, parts, label }: TextToExplain,
  { engine, temperature }: ExplainOptions,
): Promise<readonly ExplainedPart[]> {
  const variants = [tokens, ...parts.map((part) => occlude(tokens, part))];
  const [whole = Number.NaN, ...occluded] = await logOddsOf(label, variants, { engine, temperature });
  return parts.map(({ start, end }, i) => ({
    text: text.slice(start, end),
    start,
    end,
    weight: threeDecimals(whole - (occluded[i] ?? Number.NaN)),
  }));
}

function occlude(tokens: Int32Array, part: LocatedPart): Int32Array {
  const occluded = Int32Array.from(tokens);
  for (const token of part.tokens) occluded[token] = UNKNOWN_ID;
  return occluded;
}

/** The log-odds of one label, in each of the rows, which all have one length. */
async function logOddsOf(
  label: Label,
  rows: readonly Int32Array[],
  { engine, temperature }: ExplainOptions,
): Promise<readonly number[]> {
  const logOdds: number[] = [];
  for (const { indices, batch } of bucketByLength(rows)) {
    const logits = await engine.score(batch);
    for (const [row, index] of indices.entries()) {
      const own = logits.subarray(row * LABELS.length, (row + 1) * LABELS.length);
      logOdds[index] = logOddsIn(own, LABELS.indexOf(label), temperature);
    }
  }
  return logOdds;
}

/**
 * log(p / (1 - p)) of one label's calibrated probability, from the logits: where p is almost 1 it would be lost in
 * the rounding of 1 - p.
 */
function logOddsIn(logits: Float32Array, chosen: number, temperature: number): number {
  const calibrated = Array.from(logits, (logit) => logit / temperature);
  const others = calibrated.filter((_, i) => i !== chosen);
  const greatest = Math.max(...others);
  const sum = others.reduce((total, logit) => total + Math.exp(logit - greatest), 0);
  return (calibrated[chosen] ?? Number.NaN) - greatest - Math.log(sum);
}

function threeDecimals(value: number): number {
  // No -0, which JSON does not know.
  return Math.round(value * 1_000) / 1_000 + 0;
}
