// The posts of a benchmark, and what is known of them beforehand: their tokens, and what the network says of them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LABELS, type Label } from '../../src/contracts/labels.js';
import type { ModelBundle } from '../../src/model/bundle.js';
import { compose, rewrite } from '../../src/preprocess/normalise.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { bucketByLength } from '../../src/scoring/buckets.js';
import { openEngine } from '../../src/scoring/choose-engine.js';

export interface Feed {
  /** Post i has the id `post-i`. */
  readonly values: readonly Buffer[];
  readonly tokens: readonly Int32Array[];
  /** What our own float32 engine says of each. */
  readonly labels: readonly Label[];
}

/** Makes so many posts, each with an id of its own and a time within the last hour, of texts that have words. */
export async function makeFeed(texts: readonly string[], count: number, bundle: ModelBundle): Promise<Feed> {
  const tokenise = createTokeniser(bundle.vocabulary, bundle.manifest.maxTokens);
  const usable = texts
    .map((text) => ({ text, tokens: tokenise(rewrite(compose(text))).tokens }))
    .filter(({ tokens }) => tokens.length > 0);
  const now = Date.now();
  const posts = Array.from({ length: count }, (_, i) => {
    const chosen = usable[i % usable.length];
    if (chosen === undefined) throw new Error('the input has no text that can be scored');
    const value = JSON.stringify({
      id: `post-${i}`,
      text: chosen.text,
      source: 'social',
      author: `author-${i % 5_000}`,
      createdAt: new Date(now - (i % 3_000) * 1_000).toISOString(),
    });
    return { value: Buffer.from(value), tokens: chosen.tokens };
  });
  const tokens = posts.map((post) => post.tokens);
  return { values: posts.map(({ value }) => value), tokens, labels: await labelsOf(tokens, bundle) };
}

async function labelsOf(tokens: readonly Int32Array[], bundle: ModelBundle): Promise<readonly Label[]> {
  const { engine } = await openEngine({ engine: 'auto', precision: 'float32' }, bundle);
  const labels: Label[] = [];
  for (const { indices, batch } of bucketByLength(tokens)) {
    const logits = await engine.score(batch);
    for (const [row, index] of indices.entries()) {
      const own = logits.subarray(LABELS.length * row, LABELS.length * (row + 1));
      labels[index] = LABELS[own.indexOf(Math.max(...own))] ?? 'neutral';
    }
  }
  await engine.close();
  return labels;
}

/** Writes the tokens where peers look them up: post i has those between the offsets i and i + 1. */
export function writeTokenTable(folder: string, tokens: readonly Int32Array[]): void {
  const offsets = new Int32Array(tokens.length + 1);
  for (const [i, own] of tokens.entries()) offsets[i + 1] = (offsets[i] ?? 0) + own.length;
  writeFileSync(join(folder, 'offsets.i32'), offsets);
  const bytes = tokens.map(({ buffer, byteOffset, byteLength }) =>
    Buffer.from(buffer, byteOffset, byteLength),
  );
  writeFileSync(join(folder, 'tokens.i32'), Buffer.concat(bytes));
}

/** Texts of a file of posts, or else those beside the repository, its sources in turn, or else those of the demo. */
export function readTexts(file: string | undefined, count: number): readonly string[] {
  if (file !== undefined) {
    const post = z.object({ text: z.string() });
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => post.parse(JSON.parse(line)).text);
  }
  const beside = [
    'en-semeval-2013-2016',
    'zh-weibo-ewect',
    'multilingual-tweets-umsab',
    'en-reddit-goemotions',
  ]
    .map((name) => `../shared/data/${name}.tsv`)
    .filter(existsSync);
  const files = beside.length > 0 ? beside : ['demo/source/en.tsv', 'demo/source/zh.tsv'];
  const columns = files.map((name) => {
    const [header = '', ...lines] = readFileSync(name, 'utf8').split('\n');
    const at = header.split('\t').indexOf('text');
    return lines.flatMap((line) => line.split('\t')[at] || []);
  });
  return Array.from({ length: count }, (_, i) => {
    const column = columns[i % columns.length] ?? [];
    return column[Math.floor(i / columns.length) % column.length] ?? '';
  });
}
