// How well mixed posts are told from neutral ones and from those of one sign, and the least probability of the weaker
// sign that would make the flag right more often than wrong, beside the constant of src/scoring/mixed.ts. Needs `npm run build`.
//
//   MODEL=DIR             a bundle instead of the shipped one
//   PRECISION=float32     instead of int8
import { readFileSync } from 'node:fs';
import { scorerConfig } from '../dist/cli/scorer-options.js';
import { openScorer } from '../dist/pipelines/scorer.js';
import { LEAST_WEAKER_SIGN } from '../dist/scoring/mixed.js';

const POSTS = 'test/scoring/fixtures/mixed.tsv';
/** Assumed among the posts with a sign: one in ten. */
const SHARE_OF_MIXED = 0.1;
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
const scoreAll = async (texts) =>
  (await scorer.score(texts.map((text) => ({ text })))).flatMap((outcome) =>
    outcome.kind === 'scored' ? [outcome.score] : [],
  );
const scores = await scoreAll(rows.map(([, , text]) => text));
const posts = rows.map(([kind, language], i) => ({ kind, language, p: scores[i].probabilities }));
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

// The demo's stream has hardly a mixed post: what is flagged there, of the posts with a sign, is a false alarm.
const stream = readFileSync('demo/posts.ndjson', 'utf8').split('\n').flatMap(textOf);
const signed = (await scoreAll(stream)).filter(({ label }) => label !== 'neutral');
const demo = signed.map(({ probabilities }) => ({ p: probabilities }));
const found = (least) => flagged(ofKinds(posts, 'mixed'), least);
const wrong = (least) => flagged(demo, least);
// Right more often than wrong: share · found > (1 - share) · wrong.
const isWorthIt = (least) => SHARE_OF_MIXED * found(least) >= (1 - SHARE_OF_MIXED) * wrong(least);
const best = Array.from({ length: 50 }, (_, i) => i / 100).find(isWorthIt);
const percent = (share) => `${(100 * share).toFixed(1)}%`;
for (const [name, least] of Object.entries({ best, 'in use': LEAST_WEAKER_SIGN })) {
  console.log(`${name}: ${least} finds ${percent(found(least))}, false alarms ${percent(wrong(least))}`);
}
await scorer.close();

function textOf(line) {
  try {
    const { text } = JSON.parse(line).post;
    return typeof text === 'string' ? [text] : [];
  } catch {
    return [];
  }
}
