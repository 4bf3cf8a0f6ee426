import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import { type Recipe, type RecipeInput, recipeSchema } from '../training/recipe.js';

/**
 * Reads a recipe (YAML) and makes the paths in it, which are relative to it, absolute.
 *
 * @param overrides values that count instead of the file's
 * @throws SentifluxError SF_TRAIN_DATA_INVALID
 */
export async function readRecipeFile(file: string, overrides: Partial<RecipeInput> = {}): Promise<Recipe> {
  try {
    const recipe = recipeSchema.parse({
      ...z.looseObject({}).parse(parse(await readFile(file, 'utf8'))),
      ...overrides,
    });
    return withAbsolutePaths(recipe, dirname(file));
  } catch (cause) {
    const problem = cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause);
    throw new SentifluxError('SF_TRAIN_DATA_INVALID', `the recipe ${file} cannot be used: ${problem}.`, {
      hint: 'See models/recipe.yaml for an example.',
      cause,
    });
  }
}

function withAbsolutePaths(recipe: Recipe, folder: string): Recipe {
  const located = <Source extends { file: string }>(source: Source): Source => ({
    ...source,
    file: resolve(folder, source.file),
  });
  const { initialEmbedding, templates } = recipe;
  return {
    ...recipe,
    ...(initialEmbedding !== undefined && { initialEmbedding: resolve(folder, initialEmbedding) }),
    ...(templates !== undefined && {
      templates: { ...templates, folder: resolve(folder, templates.folder) },
    }),
    data: recipe.data.map((source) => ({
      ...located(source),
      ...(source.softLabels !== undefined && { softLabels: resolve(folder, source.softLabels) }),
      ...(source.mixed !== undefined && {
        mixed: { ...source.mixed, softLabels: resolve(folder, source.mixed.softLabels) },
      }),
    })),
    development: recipe.development.map(located),
    evaluation: recipe.evaluation.map(located),
  };
}
