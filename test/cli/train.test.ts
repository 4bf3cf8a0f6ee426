import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadBundle } from '../../src/model/bundle.js';
import { run, start } from '../support/cli.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { tensors } from '../support/tensors.js';

/** The command starts TensorFlow and the scorer: seconds alone, a minute beside other tests on two cores. */
const SLOW = { timeout: 180_000 };

const SAYINGS = {
  negative: ['I hate this', 'what an awful', 'so angry about the'],
  neutral: ['there is a', 'they sell the', 'we looked at the'],
  positive: ['I love this', 'what a lovely', 'so happy with the'],
};
const THINGS = 'tram soup phone film hotel jacket coffee garden bus park book cup door lamp shoe song'.split(
  ' ',
);

function posts(): readonly string[] {
  return Object.entries(SAYINGS).flatMap(([label, sayings]) =>
    sayings.flatMap((saying) => THINGS.map((thing) => `${label}\t${saying} ${thing}`)),
  );
}

function recipeFile(folder: string, repeat: number): string {
  writeFileSync(join(folder, 'posts.tsv'), `label\ttext\n${posts().join('\n')}\n`);
  const file = join(folder, 'recipe.yaml');
  writeFileSync(
    file,
    [
      `data: [{ file: posts.tsv, repeat: ${repeat} }]`,
      'vocabulary: 200',
      'embedding: 8',
      'hidden: 8',
      'epochs: 2',
      'batch: 16',
    ].join('\n'),
  );
  return file;
}

describe.skipIf(tensors === undefined)('train', SLOW, () => {
  it('writes a bundle, a log and a loss curve, and says what to run next', async () => {
    const folder = temporaryFolder();
    const output = join(folder, 'model');
    const { status, stdout, stderr } = await run(['train', '-r', recipeFile(folder, 10), '-o', output]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/model: held out \d+\.\d macro recall \(15 posts\)\n$/);
    expect(stderr).toContain(`sentiflux evaluate --model ${output} --data FILE`);
    expect((await loadBundle(output)).manifest.training).toMatchObject({ seed: 1, epochs: 2 });
    const lines = readFileSync(join(output, 'training.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).kind)).toEqual(['step', 'epoch', 'step', 'step', 'epoch']);
    expect(readFileSync(join(output, 'loss.svg'), 'utf8')).toContain('macro recall');
    expect(existsSync(join(output, '.checkpoint'))).toBe(false);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('keeps a checkpoint on %s, says how to go on, and does', async (signal, code) => {
    const folder = temporaryFolder();
    const output = join(folder, 'model');
    const args = ['train', '-r', recipeFile(folder, 15), '-o', output];
    const child = start(args);
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      if (/^\d+ steps$/m.test(chunk)) child.kill(signal);
    });
    const [status] = await once(child, 'close');
    expect(status).toBe(code);
    expect(stderr).toMatch(/stopped after step \d+ of \d+; to go on: sentiflux train -r .* --resume\n/);
    expect(existsSync(join(output, '.checkpoint'))).toBe(true);
    const resumed = await run([...args, '--resume']);
    expect(resumed.status).toBe(0);
    expect(resumed.stderr).toMatch(/goes on from step \d+ of \d+/);
  });

  it('refuses an output directory that cannot be one before it reads anything', async () => {
    const folder = temporaryFolder();
    const recipe = recipeFile(folder, 1);
    const { status, stderr } = await run(['train', '-r', recipe, '-o', recipe]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SF_OUTPUT_UNWRITABLE /);
  });

  it('refuses to train for no epoch', async () => {
    const { status, stderr } = await run(['train', '-d', 'a.tsv', '-o', 'model', '--epochs', '0']);
    expect(status).toBe(2);
    expect(stderr).toContain('It must be at least 1.');
  });
});

describe.skipIf(tensors === undefined)('train --base', SLOW, () => {
  it('measures before and after on a part that it holds back, and names its base', async () => {
    const folder = temporaryFolder();
    const base = join(folder, 'base');
    await run(['train', '-r', recipeFile(folder, 2), '-o', base]);
    // The base's labels turned round: there is something to learn, and to see.
    const turned = posts().map((row) =>
      row.startsWith('neg') ? row.replace('negative', 'positive') : row.replace('positive', 'negative'),
    );
    const data = join(folder, 'mine.tsv');
    writeFileSync(data, `label\ttext\n${turned.join('\n').replaceAll('neutral', 'NEUTRAL')}\n`);
    const output = join(folder, 'model');
    const args = ['train', '--base', base, '--data', data, '-o', output, '--epochs', '30'];
    const { status, stdout, stderr } = await run([...args, '--learning-rate', '0.01', '--keep', '0']);
    expect(status).toBe(0);
    expect(stderr).toContain('mine.tsv: 48 labels are read without regard to case, such as NEUTRAL.');
    expect(stderr).toContain('30 held back (10 negative, 10 neutral, 10 positive)');
    expect(stdout).toContain('held-back part: 30 posts');
    const [, before, after] = /macro recall +(\S+) +(\S+)/.exec(stdout) ?? [];
    expect(Number(after)).toBeGreaterThan(Number(before) + 20);
    const [{ manifest: old, vocabulary }, made] = [await loadBundle(base), await loadBundle(output)];
    expect(made.vocabulary.pieces).toEqual(vocabulary.pieces);
    expect(made.manifest.version).toMatch(/^custom\+[0-9a-f]{8}$/);
    expect(made.manifest.training).toMatchObject({
      base: { version: old.version, kept: 0 },
      data: [{ file: 'mine.tsv' }],
    });
  });
});

describe('train, before it begins', SLOW, () => {
  const base = ['--base', 'models/default'];
  it.each([
    [
      'one class',
      `label\ttext\n${'positive\tLovely\n'.repeat(40)}`,
      base,
      /all 40 rows of mine\.tsv are positive/,
    ],
    ['wrong labels', 'label\ttext\nPositiv\tLovely\n', base, /"Positiv" \(positive\?\) in line 2/],
  ])('refuses %s', async (_, content, args, message) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'mine.tsv'), content);
    const output = join(folder, 'model');
    const { status, stderr } = await run(['train', '-d', join(folder, 'mine.tsv'), '-o', output, ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^SF_TRAIN_DATA_INVALID /);
    expect(stderr).toMatch(message);
    expect(existsSync(output)).toBe(false);
  });

  it.each([
    ['a base for a recipe', ['-r', 'a.yaml', '--base', 'b'], /begins with a new network/],
    [
      'a base that would be replaced',
      ['-d', 'a.tsv', '--base', './model', '-o', 'model'],
      /replace its base/,
    ],
    ['a part to compare nothing on', ['-d', 'a.tsv', '--held-back', 'b.tsv'], /there is none/],
  ])('refuses %s', async (_, args, message) => {
    const { status, stderr } = await run(['train', '-o', join(temporaryFolder(), 'model'), ...args]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^SF_USAGE /);
    expect(stderr).toMatch(message);
  });
});
