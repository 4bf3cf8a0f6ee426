// Measures what else one would take beside the shipped model, on the sets that the recipe holds back for figures.
// Prints a Markdown table; `--output FILE` writes the same as JSON. Rows are read, and split, as training does.
//
//   node baselines/measure.mjs [--recipe FILE] [--data DIR] [--model DIR] [--output FILE] [--python FILE]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readRecipeFile } from '../dist/cli/recipe-file.js';
import { scorerConfig } from '../dist/cli/scorer-options.js';
import { evaluate } from '../dist/evaluation/evaluate.js';
import { openScorer } from '../dist/pipelines/scorer.js';
import { bestCut, figuresOf, isTwoClass, labelsOf } from './judge.mjs';
import { LEXICONS } from './lexicons.mjs';
import { runPython } from './python.mjs';
import { readSets, writeRows } from './rows.mjs';
import { markdown } from './table.mjs';

const { values: options } = parseArgs({
  options: {
    recipe: { type: 'string', default: 'models/recipe.yaml' },
    data: { type: 'string' },
    model: { type: 'string' },
    output: { type: 'string' },
    python: { type: 'string', default: '.cache/baselines/venv/bin/python' },
  },
});
const CACHE = '.cache/baselines';

mkdirSync(CACHE, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'sentiflux-baselines-'));
try {
  const rows = writeRows({ ...options, folder });
  const sets = await readSets(rows);
  const python = { python: options.python, rows, cache: CACHE };
  const notes = [
    'majority: the most frequent label of the set itself. linear: word and character n-grams, baselines/linear.py.',
  ];
  for (const set of sets) set.figures.majority = majority(set.rows);
  notes.push(addLinear(sets, runPython({ ...python, script: 'linear.py' })));
  addLexicons(sets);
  notes.push(addSnowNlp(sets, runPython({ ...python, script: 'snownlp_scores.py' })));
  const { version } = await readRecipeFile(options.recipe);
  for (const precision of ['float32', 'int8']) notes.push(await addOwn(sets, precision, version));

  process.stdout.write(markdown(sets, notes));
  if (options.output !== undefined) {
    const results = sets.map(({ name, language, rows, figures, details }) => ({
      set: name,
      language,
      posts: rows.length,
      figures,
      details,
    }));
    writeFileSync(options.output, `${JSON.stringify(results, null, 2)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function majority(rows) {
  const counts = new Map();
  for (const { label } of rows) counts.set(label, (counts.get(label) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a)[0];
  return figuresOf(
    rows,
    rows.map(() => most),
  );
}

function addLinear(sets, said) {
  for (const set of sets) {
    const own = said?.get(set.name);
    if (own === undefined) continue;
    set.figures.linear = figuresOf(set.rows, own.labels);
    set.details.linear = own.chosen;
  }
  return said === undefined
    ? 'no linear model: there is no Python with baselines/requirements.txt.'
    : 'linear: its C and its training rows are chosen on the tuning rows, or by cross-validation.';
}

function addLexicons(sets) {
  for (const { name, cut, score } of LEXICONS) {
    const scoresOf = (rows) => rows.map(({ text }) => score(text));
    for (const set of sets.filter(({ language }) => language === 'en'))
      addScores(set, name, cut, scoresOf(set.rows), scoresOf(set.tuning));
  }
}

function addSnowNlp(sets, said) {
  if (said === undefined) return 'no SnowNLP: there is no Python with baselines/requirements.txt.';
  const centred = (scores) => scores.map((score) => score - 0.5);
  for (const set of sets) {
    const own = said.get(set.name);
    if (own !== undefined) addScores(set, 'SnowNLP', 0, centred(own.scores), centred(own.tuning));
  }
  return 'SnowNLP was trained on the shop and book reviews, so its figure there is not of unseen posts.';
}

/** Figures of scores at the cut that its makers name and, where a set has three classes, at the best one. */
function addScores(set, system, cut, scores, tuningScores) {
  const twoClass = isTwoClass(set.rows);
  set.figures[system] = figuresOf(set.rows, labelsOf(scores, cut, twoClass));
  if (twoClass || set.tuning.length === 0) return;
  const best = bestCut(set.tuning, tuningScores);
  set.figures[`${system} tuned`] = figuresOf(set.rows, labelsOf(scores, best, false));
  set.details[`${system} tuned`] = { cut: best };
}

/** @param recipeVersion a bundle of another version may have learnt from the rows that this recipe holds back */
async function addOwn(sets, precision, recipeVersion) {
  const config = await scorerConfig({ model: options.model, precision });
  const scorer = await openScorer({ config, brands: [], threads: 1 });
  try {
    for (const set of sets) {
      const { macroRecall, macroF1 } = await evaluate(set.rows, scorer);
      set.figures[`sentiflux ${precision}`] = { macroRecall, macroF1 };
    }
    const { version, engine } = scorer.stamp;
    return version === recipeVersion
      ? `sentiflux ${precision}: model ${version}, ${engine}.`
      : `NOT TO BE QUOTED, sentiflux ${precision}: model ${version} (${engine}) is not of this recipe (${recipeVersion}) and may have learnt from these very rows.`;
  } finally {
    await scorer.close();
  }
}
