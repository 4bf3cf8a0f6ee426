// The recipe's rows, split as training splits them: scripts/training-rows.mjs writes them for Python too.
import { execFileSync } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parse, stringify } from 'yaml';
import { LABELS } from '../dist/contracts/labels.js';

const SCRIPT = new URL('../scripts/training-rows.mjs', import.meta.url).pathname;

/**
 * Writes the rows into a folder.
 *
 * @param data folder that the recipe's files are looked for in, by their names; where the recipe says, without it
 */
export function writeRows({ recipe, data, folder }) {
  const output = join(folder, 'rows.ndjson');
  const read = data === undefined ? recipe : moved(recipe, data, folder);
  execFileSync(process.execPath, [SCRIPT, '--recipe', read, '--output', output], { stdio: 'inherit' });
  return output;
}

function moved(recipe, data, folder) {
  const content = parse(readFileSync(recipe, 'utf8'));
  for (const list of ['data', 'development', 'evaluation']) {
    for (const source of content[list] ?? []) source.file = join(data, basename(source.file));
  }
  const path = join(folder, 'recipe.yaml');
  writeFileSync(path, stringify(content));
  return path;
}

/** The sets that figures are quoted from, each with its rows and those to tune on (of which there may be none). */
export async function readSets(path) {
  const sets = new Map();
  const tuning = new Map();
  for await (const line of createInterface({ input: createReadStream(path) })) {
    const row = JSON.parse(line);
    if (!LABELS.includes(row.label) || row.set === undefined) continue;
    const list = row.role === 'tune' ? tuning : sets;
    const of = list.get(row.set);
    if (of === undefined) list.set(row.set, [row]);
    else of.push(row);
  }
  return [...sets].map(([name, rows]) => ({
    name,
    rows,
    language: rows[0].language,
    tuning: tuning.get(name) ?? [],
    figures: {},
    details: {},
  }));
}
