// Writes what the recipe's files hold, as the teachers read it: a line of JSON for each row with its file, number,
// role (train, tune, report, or dropped where it is too like a row held back), held-back set, label, language and text.
// The posts mixed from a file's rows follow as rows of another file, `NAME.mixed.tsv`.
//
//   node scripts/training-rows.mjs --recipe models/recipe.yaml --output FILE
import { createWriteStream } from 'node:fs';
import { basename } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { readRecipeFile } from '../dist/cli/recipe-file.js';
import { normalise } from '../dist/preprocess/normalise.js';
import { readRows } from '../dist/training/labelled-rows.js';
import { mixPosts } from '../dist/training/mix-posts.js';
import { nearDuplicateOf } from '../dist/training/near-duplicates.js';

const { values } = parseArgs({
  options: { recipe: { type: 'string', default: 'models/recipe.yaml' }, output: { type: 'string' } },
});

const recipe = await readRecipeFile(values.recipe);
const rolesOf = new Map(); // By file: row to role, of the rows held back.
const heldTexts = [];
for (const [role, sources] of [
  ['tune', recipe.development],
  ['report', recipe.evaluation],
]) {
  for (const source of sources) {
    const roles = rolesOf.get(source.file) ?? new Map();
    rolesOf.set(source.file, roles);
    for (const { row, text } of await readRows(source)) {
      roles.set(row, role);
      heldTexts.push(normalise(text));
    }
  }
}
const isDuplicate = nearDuplicateOf(heldTexts);

const output = createWriteStream(values.output);
const everything = [
  ...recipe.data.map((source) => ({ ...source, training: true })),
  ...[...recipe.development, ...recipe.evaluation].map((source) => ({ ...source, training: false })),
];
for (const source of everything) {
  const rows = await readRows(source);
  for (const { row, label, text } of rows) {
    const held = rolesOf.get(source.file)?.get(row);
    if (source.training && held !== undefined)
      throw new Error(`row ${row} of ${source.file} is trained on and held back`);
    const role = held ?? (isDuplicate(normalise(text)) ? 'dropped' : 'train');
    const { file, language = 'mul', name: set } = source;
    const line = { file: basename(file), row, role, set, label: label ?? '-', language, text };
    output.write(`${JSON.stringify(line)}\n`);
  }
  const { copies = 0 } = source.mixed ?? {};
  for (const { row, copy, text } of mixPosts(rows, { copies, language: source.language })) {
    const file = `${basename(source.file, '.tsv')}.mixed.tsv`;
    const role = isDuplicate(normalise(text)) ? 'dropped' : 'train';
    const line = { file, row: row * copies + copy, role, label: '-', language: source.language, text };
    output.write(`${JSON.stringify(line)}\n`);
  }
}
output.end();
await finished(output);
