import type { Label } from '../contracts/labels.js';
import { generatePosts } from './generate-posts.js';
import { readLabelledRows, readRows } from './labelled-rows.js';
import { mixPosts } from './mix-posts.js';
import type { Random } from './random.js';
import { invalid } from './read-file.js';
import type { Recipe, TrainingSource } from './recipe.js';
import { readSoftLabels, type SoftLabel } from './soft-labels.js';
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
 * Everything that a recipe names to learn from, in its order: the rows of its files, and after each those mixed from
 * them; at last the posts made from templates.
 *
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readTrainingRows(recipe: Recipe, random: Random): Promise<readonly SourceRows[]> {
  const read = await Promise.all(
    recipe.data.map(async (source) => [await readSource(source), ...(await readMixed(source))]),
  );
  return [...read.flat(), ...(await readTemplateRows(recipe, random))];
}

async function readSource(source: TrainingSource): Promise<SourceRows> {
  if (source.softLabels === undefined) {
    const { rows, skipped } = await readLabelledRows(source);
    return { source, rows: rows.map((row) => ({ ...row, softLabel: undefined })), skipped };
  }
  const [rows, softLabels] = await Promise.all([readRows(source), readSoftLabels(source.softLabels)]);
  checkLength(source.softLabels, softLabels, source.file, rows.at(-1)?.row ?? -1, 1);
  const taught = rows
    .map(({ row, label, text }) => ({ label, text, softLabel: softLabels[row] }))
    .filter(({ label, softLabel }) => label !== undefined || softLabel !== undefined);
  return { source, rows: taught, skipped: rows.length - taught.length };
}

async function readMixed(source: TrainingSource): Promise<readonly SourceRows[]> {
  if (source.mixed === undefined) return [];
  const { copies, rowsAnEpoch, weight } = source.mixed;
  const [rows, softLabels] = await Promise.all([readRows(source), readSoftLabels(source.mixed.softLabels)]);
  checkLength(source.mixed.softLabels, softLabels, source.file, rows.at(-1)?.row ?? -1, copies);
  const posts = mixPosts(rows, { copies, language: source.language })
    .map(({ row, copy, text }) => ({ label: undefined, text, softLabel: softLabels[row * copies + copy] }))
    .filter(({ softLabel }) => softLabel !== undefined);
  const file = `${source.file}, mixed`;
  return [{ source: { file, rowsAnEpoch, repeat: 1, weight, vocabularyWeight: 0 }, rows: posts, skipped: 0 }];
}

async function readTemplateRows(recipe: Recipe, random: Random): Promise<readonly SourceRows[]> {
  if (recipe.templates === undefined) return [];
  const { folder, count, weight } = recipe.templates;
  const inLanguages = (await readTemplates(folder)).filter(({ language }) =>
    recipe.languages.includes(new Intl.Locale(language).language),
  );
  const posts = generatePosts(inLanguages, { count, random });
  const rows = posts.map(({ label, text }) => ({ label, text, softLabel: undefined }));
  return [{ source: { file: folder, weight, repeat: 1, vocabularyWeight: 1 }, rows, skipped: 0 }];
}

function checkLength(
  file: string,
  softLabels: readonly unknown[],
  dataFile: string,
  lastRow: number,
  linesARow: number,
): void {
  if ((lastRow + 1) * linesARow <= softLabels.length) return;
  throw invalid(
    `${file} has ${softLabels.length} lines, and ${dataFile} a row ${lastRow + 1}${linesARow > 1 ? ` of ${linesARow} lines` : ''}`,
    linesARow > 1
      ? 'Soft labels of mixed posts belong to one version of a file and one number of copies.'
      : 'Soft labels belong to one version of a file: a line for each of its rows.',
  );
}
