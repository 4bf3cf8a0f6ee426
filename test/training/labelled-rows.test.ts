import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLabelledRows, readLabelledRows, textHash } from '../../src/training/labelled-rows.js';

const source = { file: 'posts.tsv', only: {}, except: {} };

describe('parseLabelledRows', () => {
  it('finds its columns by the header, wherever they stand', () => {
    const content = 'id\ttext\tlabel\n1\tLate again\tnegative\n2\tFine\tneutral\n';
    expect(parseLabelledRows(content, source)).toEqual({
      rows: [
        { row: 0, label: 'negative', text: 'Late again' },
        { row: 1, label: 'neutral', text: 'Fine' },
      ],
      skipped: 0,
    });
  });

  it('reads what spreadsheets write: a byte order mark and carriage returns', () => {
    const content = '\ufefflabel\ttext\r\npositive\tLovely\r\n';
    expect(parseLabelledRows(content, source).rows).toMatchObject([{ label: 'positive', text: 'Lovely' }]);
  });

  it('skips and counts other labels, rows without text and rows cut short', () => {
    const content = 'label\ttext\n-\tOh!\nPOSITIVE\tLoud\nneutral\t \nnegative\npositive\tLovely\n';
    expect(parseLabelledRows(content, source)).toMatchObject({ rows: [{ text: 'Lovely' }], skipped: 4 });
  });

  it('takes the rows that the source asks for', () => {
    const content = 'label\tpart\ttext\npositive\ttrain\tA\npositive\tdev\tB\npositive\ttest\tC\n';
    const texts = (only: object, except: object) =>
      parseLabelledRows(content, { ...source, only: { ...only }, except: { ...except } }).rows.map(
        ({ text }) => text,
      );
    expect(texts({ part: ['dev', 'test'] }, {})).toEqual(['B', 'C']);
    expect(texts({}, { part: ['dev'] })).toEqual(['A', 'C']);
  });

  it('splits a file by the hash of its texts, into parts that share no row', () => {
    const content = `label\ttext\n${Array.from({ length: 200 }, (_, i) => `neutral\tpost ${i}\n`).join('')}`;
    const part = (keep: readonly number[]) =>
      parseLabelledRows(content, { ...source, part: { of: 20, keep: [...keep] } }).rows.map(({ row }) => row);
    const [held, rest] = [part([0, 1]), part(Array.from({ length: 18 }, (_, i) => i + 2))];
    expect([...held, ...rest].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect(held.length).toBeGreaterThan(10);
    expect(held.length).toBeLessThan(30);
  });

  it.each([
    ['nothing', '', /no column "label"/],
    ['commas for tabs', 'label,text\npositive,Lovely\n', /no column "label"/],
    ['no text', 'label\tpost\npositive\tLovely\n', /no column "text"/],
    ['a header only', 'label\ttext\n', /no row with a label/],
    ['labels of another kind', 'label\ttext\n1\tLovely\n0\tLate\n', /2 rows have another one/],
  ])('refuses a file with %s', (_, content, problem) => {
    expect(() => parseLabelledRows(content, source)).toThrow(
      expect.objectContaining({ code: 'SF_TRAIN_DATA_INVALID', message: expect.stringMatching(problem) }),
    );
  });
});

describe('readLabelledRows', () => {
  it('says which file cannot be read', async () => {
    const file = join(import.meta.dirname, 'nowhere.tsv');
    await expect(readLabelledRows({ ...source, file })).rejects.toMatchObject({
      code: 'SF_TRAIN_DATA_INVALID',
      message: expect.stringContaining('nowhere.tsv'),
    });
  });
});

describe('textHash', () => {
  it('is FNV-1a, by its published values', () => {
    expect(['', 'a', 'foobar'].map(textHash)).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
  });
});
