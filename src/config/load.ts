import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { type Brand, brandsFileSchema } from '../contracts/brand.js';
import { type ErrorCode, messageOf, SentifluxError } from '../contracts/errors.js';
import { readText, withReferences } from './references.js';
import { type Config, configSchema } from './schema.js';
import { maskedAddresses, mayHoldSecret } from './secrets.js';
import { type Setting, settings } from './settings.js';
import { latenessOfSources } from './sources.js';

/** Paths in the configuration that name files: relative to the file in which they stand. */
const FILE_PATHS = [['brands'], ['scoring', 'model'], ['streams', 'file', 'directory']] as const;

type Tree = Record<string, unknown>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: defaults, then the YAML file, then variables `SENTIFLUX_…`, the later over the
 * earlier. Texts of the file may refer to variables and files, and each variable may name a file (`…_FILE`).
 *
 * @throws SentifluxError SF_CONFIG_UNREADABLE, or SF_CONFIG_INVALID with every path that is wrong, its value
 *   unless it may be secret, and what was expected
 */
export async function loadConfig(file: string | undefined, environment: Environment): Promise<Config> {
  const fromFile =
    file === undefined
      ? {}
      : await withReferences(await readYaml(file, 'SF_CONFIG_UNREADABLE', 'SF_CONFIG_INVALID'), {
          file,
          environment,
        });
  if (!isTree(fromFile)) {
    throw new SentifluxError('SF_CONFIG_INVALID', `${file} holds no keys.`, {
      hint: 'See docs/configuration.md.',
    });
  }
  if (file !== undefined) resolvePaths(fromFile, dirname(file));
  const merged = await withEnvironment(fromFile, environment);
  return parseConfig(merged, file ?? 'the environment');
}

/**
 * Checks keys and fills in the defaults.
 *
 * @param where they stand, for the error
 * @throws SentifluxError SF_CONFIG_INVALID
 */
export function parseConfig(keys: unknown, where: string): Config {
  const parsed = configSchema.safeParse(keys);
  if (parsed.success) return withLateSources(parsed.data);
  throw new SentifluxError('SF_CONFIG_INVALID', `${where}: ${problems(parsed.error, keys, mayHoldSecret)}.`, {
    hint: 'docs/configuration.md lists every key.',
  });
}

/** What is set wins over what is in the nature of a source. */
function withLateSources(config: Config): Config {
  const { sources, aggregation } = config;
  const latenessBySourceMs = { ...latenessOfSources(sources), ...aggregation.latenessBySourceMs };
  return { ...config, aggregation: { ...aggregation, latenessBySourceMs } };
}

/** @throws SentifluxError SF_BRANDS_INVALID */
export async function loadBrands(file: string): Promise<readonly Brand[]> {
  return parseBrands(await readYaml(file, 'SF_BRANDS_INVALID', 'SF_BRANDS_INVALID'), file);
}

/**
 * @param content what a file of brands holds: `{ brands: [...] }`
 * @param where it stands, for the error
 * @throws SentifluxError SF_BRANDS_INVALID
 */
export function parseBrands(content: unknown, where: string): readonly Brand[] {
  const parsed = brandsFileSchema.safeParse(content);
  if (!parsed.success) {
    throw new SentifluxError(
      'SF_BRANDS_INVALID',
      `${where}: ${problems(parsed.error, content, () => false)}.`,
      {
        hint: 'See docs/brands.md for the keys.',
      },
    );
  }
  const { brands } = parsed.data;
  const repeated = brands.find((brand, i) => brands.findIndex(({ id }) => id === brand.id) !== i);
  if (repeated !== undefined) {
    throw new SentifluxError('SF_BRANDS_INVALID', `${where}: the id "${repeated.id}" stands twice.`, {
      hint: 'Give each brand an id of its own.',
    });
  }
  return brands;
}

async function readYaml(file: string, unreadable: ErrorCode, invalid: ErrorCode): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SentifluxError(unreadable, `cannot read ${file}: ${messageOf(cause)}.`, {
      hint: 'Check the path.',
      cause,
    });
  }
  return parseYaml(text, file, invalid) ?? {};
}

/**
 * Names the kind and the place of a fault only: its words and the lines around it may hold secrets. What YAML merely
 * warns of is one too, since a text that begins with `!` would lose its first word.
 */
function parseYaml(text: string, where: string, invalid: ErrorCode): unknown {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [fault] = [...document.errors, ...document.warnings];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    const what = fault.code.toLowerCase().replaceAll('_', ' ');
    throw new SentifluxError(invalid, `${where} is not YAML: ${what} at line ${line}, column ${col}.`, {
      hint: 'Mend that line; a text with special characters needs quotes.',
    });
  }
  try {
    return document.toJS();
  } catch {
    throw new SentifluxError(invalid, `${where} is not YAML: an alias (*…) refers to nothing.`, {
      hint: 'A text that begins with * needs quotes.',
    });
  }
}

function resolvePaths(tree: Tree, directory: string): void {
  for (const path of FILE_PATHS) {
    const parent = path
      .slice(0, -1)
      .reduce<unknown>((node, key) => (isTree(node) ? node[key] : undefined), tree);
    const key = path.at(-1);
    if (!isTree(parent) || key === undefined) continue;
    const value = parent[key];
    if (typeof value === 'string') parent[key] = resolve(directory, value);
  }
}

async function withEnvironment(tree: Tree, environment: Environment): Promise<Tree> {
  const merged = structuredClone(tree);
  const byVariable = new Map(settings().map((setting) => [setting.variable, setting]));
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith('SENTIFLUX_') || variable === 'SENTIFLUX_CONFIG')
      continue;
    const direct = byVariable.get(variable);
    const setting = direct ?? byVariable.get(variable.replace(/_FILE$/, ''));
    if (setting === undefined) {
      throw new SentifluxError('SF_CONFIG_INVALID', `the variable ${variable} names no setting.`, {
        hint: 'docs/configuration.md lists the variables.',
      });
    }
    if (direct === undefined && environment[setting.variable] !== undefined) {
      throw new SentifluxError('SF_CONFIG_INVALID', `both ${setting.variable} and ${variable} are set.`, {
        hint: 'Keep one of them.',
      });
    }
    const text = direct === undefined ? await readText(value, `the variable ${variable}`) : value;
    assign(merged, setting.path, typedValue(text, setting));
  }
  return merged;
}

/** Numbers, booleans and lists are written as in YAML; a list of texts also as `a,b`. */
function typedValue(value: string, { variable, type }: Setting): unknown {
  if (type === 'array' && !/^\s*(\[|- )/.test(value)) return value.split(',').map((item) => item.trim());
  if (type === 'array' || type === 'number' || type === 'integer' || type === 'boolean')
    return parseYaml(value, `the variable ${variable}`, 'SF_CONFIG_INVALID');
  return value;
}

function assign(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  const next: Tree = isTree(child) ? child : {};
  tree[key] = next;
  assign(next, rest, value);
}

function problems(
  error: z.ZodError,
  input: unknown,
  isSecret: (path: readonly PropertyKey[]) => boolean,
): string {
  const found = error.issues.map((issue) => {
    const path = issue.path.map(String).join('.') || 'the top level';
    if (issue.code === 'unrecognized_keys') return `${path} has no key "${issue.keys.join('", "')}"`;
    const value = issue.path.reduce<unknown>((node, key) => {
      return isTree(node) || Array.isArray(node) ? Reflect.get(node, key) : undefined;
    }, input);
    const expected = issue.message.replace(/^Invalid \w+: /, '');
    if (value === undefined) return `${path} is missing (${expected})`;
    const shown = isSecret(issue.path) ? 'not what it should be' : JSON.stringify(value);
    return `${path} is ${shown}: ${expected}`;
  });
  return maskedAddresses(found.join('; '));
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
