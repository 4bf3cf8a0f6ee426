// Runs one of the Python scripts on the rows, once for the same rows and script: linear models take a while.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

/** What the script says of each set by its name; undefined where there is no Python with what it needs. */
export function runPython({ python, script, rows, cache }) {
  if (!existsSync(python)) return undefined;
  const path = new URL(script, import.meta.url).pathname;
  const hash = createHash('sha256').update(readFileSync(path)).update(readFileSync(rows)).digest('hex');
  const answer = join(cache, `${script}-${hash.slice(0, 16)}.ndjson`);
  if (!existsSync(answer)) {
    const file = openSync(`${answer}.new`, 'w');
    const { status } = spawnSync(python, [path, '--rows', rows], { stdio: ['ignore', file, 'inherit'] });
    closeSync(file);
    if (status !== 0) throw new Error(`${script} ended with status ${status}; see the lines above`);
    renameSync(`${answer}.new`, answer);
  }
  const lines = readFileSync(answer, 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => JSON.parse(line)).map((said) => [said.set, said]));
}
