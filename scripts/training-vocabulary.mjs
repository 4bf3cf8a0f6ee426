// Writes the vocabulary that training with a recipe learns, a piece a line: what the initial embedding is made for.
//
//   node scripts/training-vocabulary.mjs --recipe models/recipe.yaml --output FILE
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readRecipeFile } from '../dist/cli/recipe-file.js';
import { normalise, PLACEHOLDERS } from '../dist/preprocess/normalise.js';
import { createTokeniser } from '../dist/preprocess/tokenise.js';
import { isIdeograph, wordsOf } from '../dist/preprocess/words.js';
import { prepareData } from '../dist/training/data.js';
import { createRandom } from '../dist/training/random.js';

const { values } = parseArgs({
  options: {
    recipe: { type: 'string', default: 'models/recipe.yaml' },
    output: { type: 'string', default: '/dev/stdout' },
  },
});
const recipe = await readRecipeFile(values.recipe);
const preparation = { normalise, wordsOf, isIdeograph, createTokeniser, reserved: PLACEHOLDERS };
const { vocabulary } = await prepareData(recipe, preparation, createRandom(recipe.seed), () => {});
writeFileSync(values.output, vocabulary.serialise());
