import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { messageOf, SentifluxError } from '../contracts/errors.js';

export interface ReferenceSource {
  /** In which the references stand: paths are relative to it. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** `$${`, a reference, or what looks like one. */
const REFERENCE = /\$\$\{|\$\{(?:(env|file):([^{}]+)\})?/g;

/**
 * Puts in what `${env:NAME}` and `${file:PATH}` stand for, in every text of a tree that was read from YAML, as the
 * OpenTelemetry Collector does. What is put in stays a text, whatever it holds; `$${` stands for `${` itself.
 *
 * @throws SentifluxError SF_CONFIG_INVALID for a variable that is not set, a file that is empty and any other `${`;
 *   SF_CONFIG_UNREADABLE for a file that cannot be read
 */
export async function withReferences(tree: unknown, source: ReferenceSource, path = ''): Promise<unknown> {
  if (typeof tree === 'string') return replaced(tree, source, path);
  if (Array.isArray(tree)) {
    return Promise.all(tree.map((item, i) => withReferences(item, source, below(path, i))));
  }
  if (typeof tree !== 'object' || tree === null) return tree;
  const entries = Object.entries(tree).map(
    async ([key, value]) => [key, await withReferences(value, source, below(path, key))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * The text of a file, without the ends of lines at its end, which editors and `echo` write.
 *
 * @param by names who refers to the file
 * @throws SentifluxError SF_CONFIG_UNREADABLE; SF_CONFIG_INVALID where the file is empty
 */
export async function readText(file: string, by: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new SentifluxError('SF_CONFIG_UNREADABLE', `${by}: cannot read ${file}: ${messageOf(cause)}.`, {
      hint: "Check the path, and that the worker's user may read the file.",
      cause,
    });
  }
  const trimmed = text.replace(/[\r\n]+$/, '');
  if (trimmed === '') {
    throw new SentifluxError('SF_CONFIG_INVALID', `${by}: the file ${file} is empty.`, {
      hint: 'Write the value into it, or leave the setting out.',
    });
  }
  return trimmed;
}

async function replaced(text: string, source: ReferenceSource, path: string): Promise<string> {
  let result = '';
  let end = 0;
  for (const { 0: found, 1: kind, 2: name = '', index } of text.matchAll(REFERENCE)) {
    result += text.slice(end, index);
    end = index + found.length;
    if (found === '$${') result += '${';
    else if (kind === 'env') result += variable(name, source, path);
    else if (kind === 'file') result += await readText(resolve(dirname(source.file), name), path);
    else {
      throw new SentifluxError(
        'SF_CONFIG_INVALID',
        `${source.file}: ${path} has a \${ that is no reference.`,
        {
          hint: `Write \${env:NAME} or \${file:PATH}, or $\${ for the characters themselves.`,
        },
      );
    }
  }
  return result + text.slice(end);
}

function variable(name: string, { environment, file }: ReferenceSource, path: string): string {
  const value = environment[name];
  if (value !== undefined) return value;
  throw new SentifluxError(
    'SF_CONFIG_INVALID',
    `${file}: ${path} refers to the variable ${name}, which is not set.`,
    {
      hint: 'Set it, or leave the key out.',
    },
  );
}

function below(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}.${key}`;
}
