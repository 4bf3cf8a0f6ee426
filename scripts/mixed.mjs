// How well mixed posts are told from neutral ones and from those of one sign, and the least probability of the weaker
// sign at which that is told best: the constant of src/scoring/mixed.ts. Needs `npm run build`.
//
//   MODEL=DIR             a bundle instead of the shipped one
//   PRECISION=float32     instead of int8
import { readFileSync } from 'node:fs';
import { scorerConfig } from '../dist/cli/scorer-options.js';
import { openScorer } from '../dist/pipelines/scorer.js';
import { LEAST_WEAKER_SIGN } from '../dist/scoring/mixed.js';

const POSTS = 'test/scoring/fixtures/mixed.tsv';
const KINDS = ['mixed', 'neutral', 'negative', 'positive'];

const weaker = ({ negative, positive }) => Math.min(negative, positive);
/** Signals that were tried; the first is the one in use. */
const SIGNALS = {
  'weaker sign / neutral': (p) => weaker(p) / Math.max(p.neutral, 1e-4),
  'weaker sign': weaker,
  'negative · positive': ({ negative, positive }) => negative * positive,
  '1 - neutral': ({ neutral }) => 1 - neutral,
};

/** Area under the ROC curve: how often a value of the first kind is the greater one. */
function areaUnderCurve(wanted, others) {
  let greater = 0;
  for (const a of wanted) for (const b of others) greater += a > b ? 1 : a === b ? 0.5 : 0;
  return greater / (wanted.length * others.length);
}

/** Share of posts that are flagged where the weaker sign needs at least this probability. */
function flagged(posts, least) {
  const found = posts.filter(({ p }) => weaker(p) > p.neutral && weaker(p) >= least);
  return found.length / posts.length;
}

const [, ...lines] = readFileSync(POSTS, 'utf8').trimEnd().split('\n');
const rows = lines.map((line) => line.split('\t'));
const { MODEL: model, PRECISION: precision } = process.env;
const scorer = await openScorer({ config: await scorerConfig({ model, precision }), brands: [], threads: 1 });
const outcomes = await scorer.score(rows.map(([, , text]) => ({ text }))).finally(() => scorer.close());
const posts = rows.map(([kind, language], i) => ({ kind, language, p: outcomes[i].score.probabilities }));
const ofKinds = (all, ...kinds) => all.filter(({ kind }) => kinds.includes(kind));

console.log('AUC of mixed posts | signal | against neutral | against one sign');
for (const [language, all] of [
  ['all', posts],
  ['en', posts.filter((post) => post.language === 'en')],
  ['zh', posts.filter((post) => post.language === 'zh')],
]) {
  for (const [name, signal] of Object.entries(SIGNALS)) {
    const values = (...kinds) => ofKinds(all, ...kinds).map(({ p }) => signal(p));
    const areas = [values('neutral'), values('negative', 'positive')].map((others) =>
      areaUnderCurve(values('mixed'), others).toFixed(3),
    );
    console.log([language, name, ...areas].join(' | '));
  }
  const shares = KINDS.map(
    (kind) => `${kind} ${(100 * flagged(ofKinds(all, kind), LEAST_WEAKER_SIGN)).toFixed(0)}%`,
  );
  console.log(`${language} | flagged at ${LEAST_WEAKER_SIGN} | ${shares.join(' | ')}`);
}

// Youden's index: mixed posts found less posts of one sign taken for mixed.
const youden = (least) =>
  flagged(ofKinds(posts, 'mixed'), least) - flagged(ofKinds(posts, 'negative', 'positive'), least);
const grid = Array.from({ length: 30 }, (_, i) => i / 100);
const best = grid.reduce((best, least) => (youden(least) > youden(best) ? least : best));
console.log(
  `best least weaker sign: ${best} (index ${youden(best).toFixed(3)}); in use: ${LEAST_WEAKER_SIGN} (index ${youden(LEAST_WEAKER_SIGN).toFixed(3)})`,
);
