import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { LABELS } from '../../src/contracts/labels.js';
import { type GeneratedPost, generatePosts } from '../../src/training/generate-posts.js';
import { createRandom } from '../../src/training/random.js';
import { type LanguageTemplates, readTemplates } from '../../src/training/templates.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const WORDS = `
language: en
words:
  thing: [the tram, the ferry]
`;
const KIND = `
kind: plain
frames:
  positive: ['{thing} is lovely']
  negative: ['{thing} is late']
`;

/** A folder of templates with one language, `en`, and the files given. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'en'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'en', name), content);
  return folder;
}

async function generate(words: string, kind: string, count: number): Promise<readonly GeneratedPost[]> {
  const templates = await readTemplates(folderOf({ 'words.yaml': words, 'kind.yaml': kind }));
  return generatePosts(templates, { count, random: createRandom(1) });
}

/** A kind that stands alone, so that its texts are the frames and nothing else. */
const alone = (frame: string, words = '{}') =>
  `kind: plain\nalone: true\nwords: ${words}\nframes: { positive: ["${frame}"] }\n`;

function countBy(posts: readonly GeneratedPost[], key: (post: GeneratedPost) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const post of posts) counts.set(key(post), (counts.get(key(post)) ?? 0) + 1);
  return counts;
}

describe('readTemplates', () => {
  it.each([
    [
      'a slot without a list',
      KIND.replace('{thing} is late', '{place} is late'),
      /frame "{place} is late".*no list place/,
    ],
    [
      'a brace that is not closed',
      KIND.replace('{thing} is late', '{thing is late'),
      /has a { without its }/,
    ],
    [
      'a brace that is not opened',
      KIND.replace('{thing} is late', 'thing} is late'),
      /has a } without its {/,
    ],
    [
      'a name that is none',
      KIND.replace('{thing} is late', '{The Tram} is late'),
      /{The Tram}, which is no name/,
    ],
    ['a label that does not exist', KIND.replace('negative', 'angry'), /angry/],
    ['no frames', 'kind: plain\n', /frames/],
    ['a list that the language has', `${KIND}words: { thing: [a bus] }\n`, /thing stands in words.yaml too/],
    [
      'a form without its class',
      `${KIND}words: { is: [[is, are]] }\n`,
      /2 forms of "is", but there are 0 classes/,
    ],
    ['no YAML', 'kind: [plain', /end with a ]/],
  ])('refuses %s, and names the file', async (_, kind, problem) => {
    const folder = folderOf({ 'words.yaml': WORDS, 'kind.yaml': kind });
    await expect(readTemplates(folder)).rejects.toMatchObject({
      code: 'SF_TRAIN_DATA_INVALID',
      message: expect.stringMatching(new RegExp(`kind\\.yaml.*${problem.source}`, 's')),
    });
  });

  it('refuses a word that agrees with one that has no class', async () => {
    const words = `${WORDS}  is: [[is, are]]\nclasses: [one, many]\n`;
    const kind = alone('{thing} {is:thing} late');
    const folder = folderOf({ 'words.yaml': words, 'kind.yaml': kind });
    await expect(readTemplates(folder)).rejects.toThrow(
      /{is:thing}, and no slot {thing} whose words have a class/,
    );
  });

  it('refuses a folder without languages, and one that is not there', async () => {
    await expect(readTemplates(temporaryFolder())).rejects.toThrow(/no folder of a language/);
    await expect(readTemplates('/nowhere/templates')).rejects.toThrow(/cannot read the templates/);
  });
});

describe('generatePosts', () => {
  it('makes every text that a frame can, and each once', async () => {
    const posts = await generate(WORDS, alone('{thing} is {very |}{good|fine}'), 8);
    expect(posts.map(({ text }) => text).sort()).toEqual([
      'the ferry is fine',
      'the ferry is good',
      'the ferry is very fine',
      'the ferry is very good',
      'the tram is fine',
      'the tram is good',
      'the tram is very fine',
      'the tram is very good',
    ]);
  });

  it('says how many there are where that is fewer than asked for', async () => {
    await expect(generate(WORDS, alone('{thing} is fine'), 3)).rejects.toThrow(
      expect.objectContaining({
        code: 'SF_TRAIN_DATA_INVALID',
        message: 'the templates make 2 different posts, not 3.',
      }),
    );
  });

  it('gives one slot one word, and slots of other numbers others', async () => {
    const posts = await generate(WORDS, alone('{thing}, {thing2}, {thing}'), 2);
    expect(posts.map(({ text }) => text).sort()).toEqual([
      'the ferry, the tram, the ferry',
      'the tram, the ferry, the tram',
    ]);
  });

  it('makes words agree with the one that decides', async () => {
    const words = `
language: fr
classes: [m, f]
words:
  thing: { m: [le pont], f: [la gare] }
  good: [[beau, belle]]
`;
    const posts = await generate(words, alone('{thing} est {good:thing}'), 2);
    expect(posts.map(({ text }) => text).sort()).toEqual(['la gare est belle', 'le pont est beau']);
  });

  it('rewrites what its words do together', async () => {
    const words = `${WORDS}rewrites: [['\\ba (?=[aeiou])', 'an ']]\n`;
    const posts = await generate(words, alone('a {old|new} tram'), 2);
    expect(posts.map(({ text }) => text).sort()).toEqual(['a new tram', 'an old tram']);
  });

  it('puts neutral sentences around some posts, and ends the one before', async () => {
    const words = `${WORDS}  context: [We sat upstairs]\n`;
    const posts = await generate(words, KIND, 40);
    const texts = posts.map(({ text }) => text.toLowerCase());
    expect(texts).toContainEqual(expect.stringMatching(/we sat upstairs\. the (tram|ferry)/));
    expect(texts).toContainEqual(expect.stringMatching(/(lovely|late)\. we sat upstairs/));
  });
});

describe('slots for labelled posts', () => {
  const POSTS = new Map([
    ['en', new Map([['negative' as const, ['the ferry sank again', 'my luggage is in {Rome}']]])],
    ['fr', new Map([['negative' as const, ['le bac a coulé']]])],
  ]);
  const kind = `
kind: plain
alone: true
words: { event: ['{post_negative}', it broke] }
frames:
  negative: ['thanks, {post_negative}', 'and then {event}']
  positive: ['thanks, {post_positive}']
`;
  const made = async (posts?: typeof POSTS) => {
    const templates = await readTemplates(folderOf({ 'words.yaml': WORDS, 'kind.yaml': kind }), posts);
    const count = posts === undefined ? 1 : 5;
    return generatePosts(templates, { count, random: createRandom(1) }).map(({ text }) => text);
  };

  it('are filled with posts of the language as they are, within words too; a label without posts has no frame', async () => {
    expect((await made(POSTS)).sort()).toEqual([
      'and then it broke',
      'and then my luggage is in {Rome}',
      'and then the ferry sank again',
      'thanks, my luggage is in {Rome}',
      'thanks, the ferry sank again',
    ]);
  });

  it('leave their frames and words out where there are no posts', async () => {
    expect(await made()).toEqual(['and then it broke']);
  });
});

describe('models/templates', () => {
  const COUNT = 6000;
  let templates: readonly LanguageTemplates[];
  let posts: readonly GeneratedPost[];

  beforeAll(async () => {
    templates = await readTemplates('models/templates');
    posts = generatePosts(templates, { count: COUNT, random: createRandom(1) });
  });

  it('makes the same posts again from the same seed, and others from another', async () => {
    const again = generatePosts(await readTemplates('models/templates'), {
      count: 500,
      random: createRandom(7),
    });
    expect(generatePosts(templates, { count: 500, random: createRandom(7) })).toEqual(again);
    expect(generatePosts(templates, { count: 500, random: createRandom(8) })).not.toEqual(again);
  });

  it('makes as many posts for each language as its share, and for each of its labels the same', () => {
    const shares = templates.reduce((sum, { share }) => sum + share, 0);
    const byLanguage = countBy(posts, ({ language }) => language);
    const byLabel = countBy(posts, ({ language, label }) => `${language} ${label}`);
    for (const { language, share } of templates) {
      const expected = (COUNT * share) / shares;
      expect(Math.abs((byLanguage.get(language) ?? 0) - expected), language).toBeLessThanOrEqual(share);
      for (const label of LABELS) {
        const count = byLabel.get(`${language} ${label}`) ?? 0;
        expect(Math.abs(count / expected - 1 / 3), `${language} ${label}`).toBeLessThan(0.03);
      }
    }
  });

  it('leaves no slot unfilled, no brace, tab, line break or double space', () => {
    expect(
      posts.map(({ text }) => text).filter((text) => /[{}\t\n]| {2}|^\s|\s$|^$|undefined/.test(text)),
    ).toEqual([]);
  });

  it.each(['en', 'zh'])('names each identity as often with one label as with another, in %s', (code) => {
    const language = templates.find(({ language }) => language === code);
    const kind = language?.kinds.find(({ kind }) => kind === 'identity');
    if (language === undefined || kind === undefined) throw new Error(`no identities in ${code}`);
    const only = [
      { ...language, context: [''].map((text) => [{ kind: 'text' as const, text }]), kinds: [kind] },
    ];
    const made = generatePosts(only, { count: 6000, random: createRandom(3) });
    const terms = (kind.lists.get('group') ?? []).flatMap(({ text }) =>
      text.map((part) => (part.kind === 'text' ? part.text.toLowerCase() : '')),
    );
    for (const term of terms) {
      const naming = made.filter(({ text }) => text.toLowerCase().includes(term));
      const counts = [...countBy(naming, ({ label }) => label).values()];
      expect(counts, term).toHaveLength(3);
      expect(Math.max(...counts) / Math.min(...counts), term).toBeLessThan(2);
    }
  });

  it('makes no post twice, whatever the seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0 }), fc.integer({ min: 1, max: 400 }), (seed, count) => {
        const made = generatePosts(templates, { count, random: createRandom(seed) });
        expect(made).toHaveLength(count);
        expect(new Set(made.map(({ text }) => text.toLowerCase())).size).toBe(count);
      }),
      { numRuns: 20 },
    );
  });
});
