// What all measuring tools do with their results: a table for the terminal and docs/benchmarks.md, JSON for programs.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

const PAGE = 'docs/benchmarks.md';

/** As Markdown. */
export function tableFrom(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

// Of the start: the tree may have moved on when it ends.
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();

/** Where something was measured, for the sentence before a table. */
export function circumstances(): string {
  const [cpu] = cpus();
  return `broker on the same machine, ${cpus().length} cores (${cpu?.model.trim()}), Node ${process.version}, commit ${commit}`;
}

/**
 * Prints the text; with BENCH_WRITE=1 also puts it between the marks of that name in docs/benchmarks.md, and with
 * BENCH_OUTPUT=FILE writes the figures as JSON.
 */
export function report(name: string, text: string, figures: unknown): void {
  console.log(text);
  const { BENCH_OUTPUT: output, BENCH_WRITE: write } = process.env;
  if (output !== undefined) writeFileSync(output, `${JSON.stringify(figures, null, 2)}\n`);
  if (write === '1') writeFileSync(PAGE, between(readFileSync(PAGE, 'utf8'), name, text));
}

/**
 * The page with another text between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws Error where it has no such marks
 */
export function between(page: string, name: string, text: string): string {
  const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from === -1 || to < from) throw new Error(`${PAGE} has no marks ${open.trim()} and ${close}`);
  return `${page.slice(0, from)}${open}\n${text}\n\n${page.slice(to)}`;
}

/** The head comment of a program, which names its variables. */
export function usageOf(file: string): string {
  const source = readFileSync(file, 'utf8');
  return source.slice(0, source.indexOf('\nimport ')).replaceAll(/^\/\/ ?/gm, '');
}

/**
 * A number that a variable of the environment holds.
 *
 * @throws Error where it is not one above 0
 */
export function numberOf(variable: string, fallback: number): number {
  const number = Number(process.env[variable] ?? fallback);
  if (!(number > 0)) throw new Error(`${variable}=${process.env[variable]}: a number above 0 is wanted`);
  return number;
}
