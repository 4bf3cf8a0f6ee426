// Writes posts made from models/templates as TSV (label, text, language, kind), as a file to train on.
//
//   node scripts/templates.mjs --count 20000 --seed 1 --output FILE [--templates DIR] [--language en ...]
//   node scripts/templates.mjs --sizes      how many frames there are, and posts they make, by language and kind
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { countFillings } from '../dist/training/count-fillings.js';
import { generatePosts } from '../dist/training/generate-posts.js';
import { createRandom } from '../dist/training/random.js';
import { readTemplates } from '../dist/training/templates.js';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    output: { type: 'string', default: '/dev/stdout' },
    templates: { type: 'string', default: 'models/templates' },
    language: { type: 'string', multiple: true },
    sizes: { type: 'boolean', default: false },
  },
});

try {
  const all = await readTemplates(values.templates);
  const templates = all.filter(({ language }) => values.language?.includes(language) ?? true);
  if (values.sizes) console.table(sizesOf(templates));
  else writeFileSync(values.output, tsvOf(templates));
} catch (error) {
  console.error(error.toLine?.() ?? error);
  process.exitCode = 1;
}

function tsvOf(templates) {
  const random = createRandom(Number(values.seed));
  const posts = generatePosts(templates, { count: Number(values.count), random });
  const rows = posts.map(({ label, text, language, kind }) => [label, text, language, kind].join('\t'));
  return `${['label\ttext\tlanguage\tkind', ...rows].join('\n')}\n`;
}

function sizesOf(templates) {
  return templates.flatMap(({ language, kinds }) =>
    kinds.map(({ kind, frames, lists }) => {
      const all = [...frames.values()].flat();
      const posts = all.reduce((sum, frame) => sum + countFillings(frame, lists), 0);
      return { language, kind, frames: all.length, posts: posts.toPrecision(3) };
    }),
  );
}
