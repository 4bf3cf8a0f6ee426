import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { LABELS } from '../contracts/labels.js';

/** Where the value of a template goes. */
const SLOT = '{}';

/** A fifth of the scale from -1 to 1. */
const DEFAULT_SPREAD = 0.4;
/** How far a polarity may go back without counting as a fall: near the ends of the scale it cannot rise. */
const DEFAULT_MARGIN = -0.05;

const id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const label = z.enum(LABELS);
const text = z.string().trim().min(1);

/** Texts as they stand, or one template and the values that fill it. */
const texts = z.union([
  z.array(text).min(1),
  z
    .strictObject({
      template: text.refine((template) => template.split(SLOT).length === 2, `${SLOT} must stand in it once`),
      values: z.array(z.string().min(1)).min(2),
    })
    .transform(({ template, values }) => values.map((value) => template.replace(SLOT, value))),
]);

/** `{ positive: "Not bad at all." }` */
const labelledText = z
  .partialRecord(label, text)
  .refine((entry) => Object.keys(entry).length === 1, 'must be one label with one text')
  .transform((entry) =>
    LABELS.flatMap((name) => {
      const its = entry[name];
      return its === undefined ? [] : [{ label: name, text: its }];
    }),
  );

const caseSchema = z.discriminatedUnion('expect', [
  /** Every text gets this label, or one of these. */
  z.strictObject({
    expect: z.literal('label'),
    id,
    label: z.union([label.transform((one) => [one]), z.array(label).min(1).max(2)]),
    texts,
  }),
  /** Nearly the same words, another label: each text gets its own. */
  z.strictObject({
    expect: z.literal('differ'),
    id,
    texts: z
      .array(labelledText)
      .transform((entries) => entries.flat())
      .refine((entries) => new Set(entries.map((entry) => entry.label)).size > 1, 'must have two labels'),
  }),
  /** What changes does not matter: one label for all texts, whichever or the given one, and close polarities. */
  z.strictObject({
    expect: z.literal('same'),
    id,
    label: label.optional(),
    /** Greatest less least polarity of the group, at most. */
    spread: z.number().positive().max(2).default(DEFAULT_SPREAD),
    texts: texts.refine((group) => group.length > 1, 'must be two texts or more'),
  }),
  /** The polarity of the second text is above (`up`) or below (`down`) that of the first by `margin` at least. */
  z.strictObject({
    expect: z.literal('direction'),
    id,
    polarity: z.enum(['up', 'down']),
    margin: z.number().min(-1).max(2).default(DEFAULT_MARGIN),
    texts: z.tuple([text, text]),
  }),
]);

/** What the model must do with a pair or a group of texts, after CheckList (Ribeiro et al. 2020). */
export type Expectation = z.infer<typeof caseSchema>;

/** An expectation, the kind of language that it tests (`negation`) and the language of its texts (`en`). */
export type BehaviourCase = Expectation & { readonly kind: string; readonly language: string };

const fileSchema = z.strictObject({
  /** What the kind tests, for those who read the file. */
  about: z.string(),
  /** Lists of values that templates share by YAML's anchors. */
  values: z.record(z.string(), z.array(z.string())).optional(),
  cases: z.array(caseSchema).min(1),
});

/**
 * Reads `DIRECTORY/LANGUAGE/KIND.yaml`.
 *
 * @returns the cases by language, kind and their order in the file
 * @throws SentifluxError SF_EVALUATE_DATA_INVALID for what cannot be read or is no such file
 */
export async function readBehaviourCases(directory: string): Promise<readonly BehaviourCase[]> {
  const files = await yamlFiles(directory);
  const cases = await Promise.all(
    files.map(async ({ language, kind, path }) =>
      parseCases(await readFile(path, 'utf8'), path).map((expectation) => ({
        ...expectation,
        kind,
        language,
      })),
    ),
  );
  return cases.flat();
}

/**
 * Reads the content of one file.
 *
 * @param name of the file, for the message of an error
 * @throws SentifluxError SF_EVALUATE_DATA_INVALID
 */
export function parseCases(content: string, name: string): readonly Expectation[] {
  try {
    return fileSchema.parse(parse(content)).cases;
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw invalid(`${name} is no file of behaviour cases: ${problem}`, cause);
  }
}

/** The texts of a case, in order. */
export function textsOf(behaviour: Expectation): readonly string[] {
  return behaviour.expect === 'differ' ? behaviour.texts.map((entry) => entry.text) : behaviour.texts;
}

interface CaseFile {
  readonly language: string;
  readonly kind: string;
  readonly path: string;
}

async function yamlFiles(directory: string): Promise<readonly CaseFile[]> {
  let entries: string[];
  try {
    entries = await readdir(directory, { recursive: true });
  } catch (cause) {
    throw invalid(`cannot read ${directory}: ${messageOf(cause)}`, cause);
  }
  return entries
    .map((entry) => entry.split(/[\\/]/))
    .flatMap(([language = '', file = '']) =>
      file.endsWith('.yaml')
        ? [{ language, kind: basename(file, '.yaml'), path: join(directory, language, file) }]
        : [],
    )
    .sort((a, b) => a.path.localeCompare(b.path));
}

function invalid(problem: string, cause: unknown): SentifluxError {
  return new SentifluxError('SF_EVALUATE_DATA_INVALID', problem, {
    hint: 'The files are LANGUAGE/KIND.yaml; test/behaviour/README.md describes them.',
    cause,
  });
}
