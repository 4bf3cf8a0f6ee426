import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../support/cli.js';
import { randomBundle, writeTestBundle } from '../support/random-bundle.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function model(seed: number): Promise<string> {
  return writeTestBundle(join(temporaryFolder(), 'model'), randomBundle({ seed }));
}

const POSTS = [
  'label\ttext',
  ...'abcdefghijklmnopqrstuvwxyz'
    .split('')
    .map((letter) => `positive\t${letter} queue of ${letter}${letter}`),
  'negative\tthe lift is broken',
  'neutral\tthe lift is on the left',
  '-\twithout a label',
  'neutral\t ',
];

function posts(name: string, lines: readonly string[]): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe('model compare', () => {
  it('shows what would change, with the texts of the changed posts', async () => {
    const { status, stdout } = await run([
      'model',
      'compare',
      await model(1),
      await model(2),
      '--data',
      posts('posts.tsv', POSTS),
      '--examples',
      '2',
    ]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^29 posts, 1 skipped\n/);
    expect(stdout).toMatch(/^macro recall .* of 28 posts with a label$/m);
    expect(stdout).toMatch(/^before \\ after +negative +neutral +positive$/m);
    const examples = stdout.match(/^ {2}line \d+ \(\w+\) \w+ \d\.\d\d → \w+ \d\.\d\d {2}\S.*$/gm);
    expect(examples).toHaveLength(2);
  });

  it('gives the same as JSON, without texts', async () => {
    const file = posts('posts.tsv', POSTS);
    const { stdout } = await run(['model', 'compare', await model(1), await model(2), '-d', file, '--json']);
    const comparison: { flips: object[]; flipped: number } = JSON.parse(stdout);
    expect(comparison).toMatchObject({ posts: 29, skipped: 1, labelled: { posts: 28 } });
    expect(comparison.flips).toHaveLength(Math.min(10, comparison.flipped));
    expect(comparison.flips[0]).toMatchObject({
      place: expect.stringMatching(/^line \d+$/),
      before: { label: expect.any(String) },
    });
    expect(stdout).not.toContain('queue');
  });

  it('finds no change between a model and itself', async () => {
    const directory = await model(3);
    const file = posts('posts.txt', ['a plain line', 'another one']);
    const { stdout } = await run(['model', 'compare', directory, directory, '-d', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ posts: 2, flipped: 0, flips: [] });
  });

  it('says so where the file holds no text', async () => {
    const directory = await model(3);
    const file = posts('posts.ndjson', ['{"body":"elsewhere"}']);
    const { status, stderr } = await run(['model', 'compare', directory, directory, '--data', file]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^SF_EVALUATE_DATA_INVALID .*posts\.ndjson holds no text\. .*--text-field.*\n$/);
  });
});

describe('model show', () => {
  it('tells what the shipped model is', async () => {
    const { status, stdout } = await run(['model', 'show']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^languages +en, zh, /m);
    expect(stdout).toMatch(/^vocabulary +\d+ pieces$/m);
    expect(stdout).toMatch(/^calibration +temperature \d\.\d+(, [a-z]{2} \d\.\d+)*$/m);
    expect(stdout).toMatch(/weights\.f32 verified, SHA-256 [0-9a-f]{64}$/m);
  });

  it('refuses a bundle with a file that is another one', async () => {
    const directory = await model(1);
    writeFileSync(join(directory, 'vocabulary.txt'), 'something else\n');
    const { status, stderr } = await run(['model', 'show', directory]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^SF_MODEL_INVALID .*vocabulary\.txt is not the file that the manifest describes/);
  });
});
