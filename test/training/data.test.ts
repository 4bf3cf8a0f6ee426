import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalise, PLACEHOLDERS } from '../../src/preprocess/normalise.js';
import { createTokeniser } from '../../src/preprocess/tokenise.js';
import { isIdeograph, wordsOf } from '../../src/preprocess/words.js';
import { drawEpoch, prepareData, type TrainingSet } from '../../src/training/data.js';
import { createRandom } from '../../src/training/random.js';
import { type RecipeInput, recipeSchema } from '../../src/training/recipe.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const text = { normalise, wordsOf, isIdeograph, createTokeniser, reserved: PLACEHOLDERS };

function prepare(recipe: RecipeInput, report: Parameters<typeof prepareData>[3] = () => {}) {
  return prepareData(recipeSchema.parse(recipe), text, createRandom(1), report);
}

function write(
  folder: string,
  name: string,
  rows: readonly (readonly [label: string, text: string])[],
): string {
  const file = join(folder, name);
  writeFileSync(file, `label\ttext\n${rows.map((row) => row.join('\t')).join('\n')}\n`);
  return file;
}

const POSTS = [
  ['negative', 'The tram was late again'],
  ['neutral', 'The tram leaves at nine'],
  ['positive', 'What a lovely tram'],
  ['positive', 'I like the new seats'],
] as const;

describe('prepareData', () => {
  it('never trains on a post that reads like one held back, whatever its case and its links', async () => {
    const folder = temporaryFolder();
    const train = write(folder, 'train.tsv', [...POSTS, ['positive', 'Lovely  DAY https://example.org/a']]);
    const held = write(folder, 'held.tsv', [['positive', 'lovely day https://example.org/b']]);
    const { sets, development } = await prepare({
      data: [{ file: train }],
      development: [{ name: 'held', file: held }],
    });
    expect(sets[0]?.examples).toHaveLength(POSTS.length);
    expect(development).toMatchObject([{ name: 'held', examples: [{ label: 2 }] }]);
  });

  it('does not learn words from what is held back', async () => {
    const folder = temporaryFolder();
    const train = write(folder, 'train.tsv', POSTS);
    const held = write(folder, 'held.tsv', [['positive', 'Ψυχή']]);
    const { vocabulary } = await prepare({
      data: [{ file: train }],
      development: [{ name: 'held', file: held }],
    });
    expect(vocabulary.pieces).toContain('tram');
    expect(vocabulary.idOf('ψ')).toBeUndefined();
  });

  it('holds a tenth back where the recipe names nothing to tune on', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => [i % 2 ? 'negative' : 'positive', `Post number ${i}`] as const,
    );
    const { sets, development } = await prepare({
      data: [{ file: write(temporaryFolder(), 'a.tsv', rows) }],
    });
    expect(sets[0]?.examples).toHaveLength(36);
    expect(development[0]?.examples).toHaveLength(4);
  });

  it('knows a set of two classes by its labels', async () => {
    const folder = temporaryFolder();
    const two = write(
      folder,
      'two.tsv',
      POSTS.filter(([label]) => label !== 'neutral'),
    );
    const held = write(folder, 'held.tsv', [['neutral', 'Nothing to see']]);
    const { sets } = await prepare({
      data: [{ file: write(folder, 'three.tsv', POSTS) }, { file: two }],
      development: [{ name: 'held', file: held }],
    });
    expect(sets.map(({ examples }) => examples.map(({ twoClass }) => twoClass))).toEqual([
      [false, false, false, false],
      [true, true, true],
    ]);
  });

  it('weighs rare labels up and frequent ones down, and keeps the weight of the set', async () => {
    const folder = temporaryFolder();
    const held = write(folder, 'held.tsv', [['neutral', 'Nothing to see']]);
    const { sets } = await prepare({
      data: [{ file: write(folder, 'a.tsv', POSTS), weight: 0.5 }],
      development: [{ name: 'held', file: held }],
      balance: 1,
    });
    const weights = sets[0]?.examples.map(({ weight }) => weight) ?? [];
    expect(weights.map((weight) => Number(weight.toFixed(3)))).toEqual([0.667, 0.667, 0.333, 0.333]);
  });

  it('says how many rows each file gave', async () => {
    const file = write(temporaryFolder(), 'a.tsv', [...POSTS, ['-', 'Oh!']]);
    const events: unknown[] = [];
    await prepare({ data: [{ file }] }, (event) => events.push(event));
    expect(events).toEqual([{ kind: 'data', file, rows: 4, skipped: 1 }]);
  });

  it.each([
    [
      'of one class',
      [
        ['positive', 'Lovely'],
        ['positive', 'Great'],
        ['positive', 'Nice'],
      ],
      /is positive/,
    ],
    ['that are all held back', [['positive', 'Lovely']], /no row is left/],
  ] as const)('refuses rows %s', async (_, rows, problem) => {
    const file = write(temporaryFolder(), 'a.tsv', rows);
    await expect(prepare({ data: [{ file }] })).rejects.toMatchObject({
      code: 'SF_TRAIN_DATA_INVALID',
      message: expect.stringMatching(problem),
    });
  });
});

describe('drawEpoch', () => {
  const set = (count: number, rowsAnEpoch: number, repeat: number): TrainingSet => ({
    file: 'a.tsv',
    duplicates: 0,
    examples: Array.from({ length: count }, (_, i) => ({
      tokens: Int32Array.of(i),
      label: 0,
      softLabel: undefined,
      twoClass: false,
      weight: 1,
    })),
    rowsAnEpoch,
    repeat,
  });

  it('takes small sets as often as asked, and a new draw of a large one each time', () => {
    const random = createRandom(1);
    const draw = () => drawEpoch([set(3, 3, 2), set(100, 10, 1)], random).map(({ tokens }) => tokens[0]);
    const [first, second] = [draw(), draw()];
    expect(first.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(new Set(first.slice(6)).size).toBe(10);
    expect(second.slice(6)).not.toEqual(first.slice(6));
  });
});

describe('posts mixed from the rows of a source', () => {
  const logits = (line: number) => `${line}\t0\t-${line}`;

  function sourceOf(lines: number, copies: number) {
    const folder = temporaryFolder();
    const softLabels = join(folder, 'mixed.tsv');
    const said = Array.from({ length: lines }, (_, line) => logits(line));
    writeFileSync(softLabels, `negative\tneutral\tpositive\n${said.join('\n')}\n`);
    const mixed = { copies, softLabels, rowsAnEpoch: 3, weight: 0.5 };
    return { file: write(folder, 'train.tsv', POSTS), mixed };
  }

  it('are a set of their own, labelled by the teacher alone: by line row · copies + copy', async () => {
    const source = sourceOf(8, 2);
    const held = write(temporaryFolder(), 'held.tsv', [['positive', 'Harbour Street']]);
    const { sets } = await prepare({ data: [source], development: [{ name: 'held', file: held }] });
    expect(sets.map(({ rowsAnEpoch }) => rowsAnEpoch)).toEqual([4, 3]);
    expect(sets[1]?.examples.map(({ softLabel }) => softLabel?.[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(sets[1]?.examples).toMatchObject(
      Array.from({ length: 8 }, () => ({ label: undefined, weight: 0.5 })),
    );
  });

  it('add nothing to the vocabulary, as their words are those of the rows', async () => {
    const [without, withMixed] = [
      await prepare({ data: [{ file: sourceOf(0, 1).file }] }),
      await prepare({ data: [sourceOf(8, 2)] }),
    ];
    expect(withMixed.vocabulary.pieces).toEqual(without.vocabulary.pieces);
  });

  it('are refused where the soft labels are those of fewer copies', async () => {
    await expect(prepare({ data: [sourceOf(8, 3)] })).rejects.toMatchObject({
      code: 'SF_TRAIN_DATA_INVALID',
      message: expect.stringContaining('has 8 lines'),
    });
  });
});

describe('posts made from templates', () => {
  /** Templates that repeat a negative post of the data after a word that stands nowhere else. */
  function templatesIn(folder: string): string {
    mkdirSync(join(folder, 'templates', 'en'), { recursive: true });
    writeFileSync(join(folder, 'templates', 'en', 'words.yaml'), 'language: en\nwords: { oh: [hark] }\n');
    writeFileSync(
      join(folder, 'templates', 'en', 'plain.yaml'),
      "kind: plain\nalone: true\nframes:\n  negative: ['{oh} {post_negative}']\n",
    );
    return join(folder, 'templates');
  }
  const COMPLAINTS = [
    ['negative', 'The tram was late again'],
    ['negative', 'My seat was broken and dirty'],
    ['positive', 'What a lovely tram'],
  ] as const;

  it('hold the rows of the data, but for those that are held back', async () => {
    const folder = temporaryFolder();
    const templates = { folder: templatesIn(folder), count: 1 };
    const data = [{ file: write(folder, 'train.tsv', COMPLAINTS), language: 'en' }];
    const held = write(folder, 'held.tsv', [['negative', 'The tram was late again!']]);
    const events: unknown[] = [];
    const development = [{ name: 'held', file: held }];
    const { sets } = await prepare({ data, development, templates }, (event) => events.push(event));
    expect(events.at(-1)).toMatchObject({ file: templates.folder, rows: 1 });
    expect(sets.map(({ examples }) => examples.length)).toEqual([2, 1]);
    await expect(prepare({ data, development, templates: { ...templates, count: 2 } })).rejects.toThrow(
      /the templates make 1 different posts, not 2/,
    );
  });

  it('hold none of a file whose rows are no whole posts', async () => {
    const folder = temporaryFolder();
    const templates = { folder: templatesIn(folder), count: 1 };
    const data = [{ file: write(folder, 'a.tsv', COMPLAINTS), language: 'en', inTemplates: false }];
    await expect(prepare({ data, templates })).rejects.toThrow(/the templates make 0 different posts/);
  });
});
