import type { Label } from '../contracts/labels.js';
import { generatePosts } from './generate-posts.js';
import { type Row, readLabelledRows, readRows } from './labelled-rows.js';
import { mixPosts } from './mix-posts.js';
import type { Random } from './random.js';
import { invalid } from './read-file.js';
import type { Recipe, TrainingSource } from './recipe.js';
import { readSoftLabels, type SoftLabel } from './soft-labels.js';
import { postsForTemplates } from './template-posts.js';
import { readTemplates } from './templates.js';

/** A row to learn from: what its file says of it, what a teacher says, or both. */
export interface TrainingRow {
  readonly text: string;
  readonly label: Label | undefined;
  readonly softLabel: SoftLabel | undefined;
}

export interface SourceRows {
  readonly source: {
    readonly file: string;
    readonly language?: string | undefined;
    readonly inTemplates?: boolean | undefined;
    readonly rowsAnEpoch?: number | undefined;
    readonly repeat: number;
    readonly weight: number;
    /** 0 where its words are those of other rows. */
    readonly vocabularyWeight: number;
  };
  readonly rows: readonly TrainingRow[];
  /** Rows with another label, or none. */
  readonly skipped: number;
}

/**
 * The rows of the files that a recipe names to learn from, in its order, and after each file's those mixed from them.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readTrainingRows(recipe: Recipe): Promise<readonly SourceRows[]> {
  const read = await Promise.all(
    recipe.data.map(async (source) => {
      const { softLabels, mixed } = source;
      if (softLabels === undefined && mixed === undefined) return [await readGold(source)];
      const rows = await readRows(source);
      return [
        softLabels === undefined ? await readGold(source) : await taught(source, rows, softLabels),
        ...(mixed === undefined ? [] : [await mixedFrom(source, rows, mixed)]),
      ];
    }),
  );
  return read.flat();
}

async function readGold(source: TrainingSource): Promise<SourceRows> {
  const { rows, skipped } = await readLabelledRows(source);
  return { source, rows: rows.map((row) => ({ ...row, softLabel: undefined })), skipped };
}

async function taught(source: TrainingSource, rows: readonly Row[], file: string): Promise<SourceRows> {
  const softLabels = await readSoftLabels(file);
  checkLength(file, softLabels, source.file, rows, 1);
  const kept = rows
    .map(({ row, label, text }) => ({ label, text, softLabel: softLabels[row] }))
    .filter(({ label, softLabel }) => label !== undefined || softLabel !== undefined);
  return { source, rows: kept, skipped: rows.length - kept.length };
}

async function mixedFrom(
  source: TrainingSource,
  rows: readonly Row[],
  mixed: NonNullable<TrainingSource['mixed']>,
): Promise<SourceRows> {
  const { copies, rowsAnEpoch, weight } = mixed;
  const softLabels = await readSoftLabels(mixed.softLabels);
  checkLength(mixed.softLabels, softLabels, source.file, rows, copies);
  const posts = mixPosts(rows, { copies, language: source.language })
    .map(({ row, copy, text }) => ({ label: undefined, text, softLabel: softLabels[row * copies + copy] }))
    .filter(({ softLabel }) => softLabel !== undefined);
  const file = `${source.file}, mixed`;
  return { source: { file, rowsAnEpoch, repeat: 1, weight, vocabularyWeight: 0 }, rows: posts, skipped: 0 };
}

/**
 * Posts made from the recipe's templates; their frames are filled from the rows too, normalised and without those that
 * are held back.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function makeTemplateRows(
  recipe: Recipe,
  sources: readonly Pick<SourceRows, 'source' | 'rows'>[],
  random: Random,
): Promise<readonly SourceRows[]> {
  if (recipe.templates === undefined) return [];
  const { folder, count, weight } = recipe.templates;
  const posts = postsForTemplates(
    sources
      .filter(({ source }) => source.inTemplates)
      .flatMap(({ source: { language }, rows }) =>
        rows.map(({ label, text }) => ({ language, label, text })),
      ),
  );
  const inLanguages = (await readTemplates(folder, posts)).filter(({ language }) =>
    recipe.languages.includes(new Intl.Locale(language).language),
  );
  const made = generatePosts(inLanguages, { count, random });
  const rows = made.map(({ label, text }) => ({ label, text, softLabel: undefined }));
  return [{ source: { file: folder, weight, repeat: 1, vocabularyWeight: 1 }, rows, skipped: 0 }];
}

function checkLength(
  file: string,
  softLabels: readonly unknown[],
  dataFile: string,
  rows: readonly Row[],
  linesARow: number,
): void {
  const needed = (rows.at(-1)?.row ?? -1) + 1;
  if (needed * linesARow <= softLabels.length) return;
  const problem = `${file} has ${softLabels.length} lines, and ${dataFile} a row ${needed}`;
  throw linesARow === 1
    ? invalid(problem, 'Soft labels belong to one version of a file: a line for each of its rows.')
    : invalid(
        `${problem} of ${linesARow} lines`,
        'Soft labels of mixed posts belong to one version of a file and one number of copies.',
      );
}
