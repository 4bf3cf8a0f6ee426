import { describe, expect, it } from 'vitest';
import type { Label } from '../../src/contracts/labels.js';
import { normalise } from '../../src/preprocess/normalise.js';
import { type CheckedRow, checkLabels, labelledRowsOf } from '../../src/training/check-labels.js';
import { parseTable } from '../../src/training/read-table.js';

function read(content: string, file = 'mine.tsv') {
  return labelledRowsOf(parseTable(Buffer.from(content), file), file);
}

/** Rows as many as asked of each label, each with a text of its own. */
function rowsOf(counts: Partial<Record<Label, number>>): readonly CheckedRow[] {
  const labels = (Object.keys(counts) as Label[]).flatMap((label) =>
    Array.from({ length: counts[label] ?? 0 }, () => label),
  ); // The keys are those of the type.
  return labels.map((label, index) => ({
    file: 'mine.tsv',
    line: index + 2,
    label,
    text: `post number ${index}`,
  }));
}

function check(rows: readonly CheckedRow[]) {
  return checkLabels(rows, 'mine.tsv', normalise);
}

function refusal(message: RegExp) {
  return expect.objectContaining({
    code: 'SF_TRAIN_DATA_INVALID',
    message: expect.stringMatching(message),
  });
}

describe('labelledRowsOf', () => {
  it('reads columns in any order, and labels in any case', () => {
    const { rows, notes } = read('id\tText\tlabel\n1\tLate again\tNEGATIVE\n2\tFine\tneutral\n');
    expect(rows).toEqual([
      { file: 'mine.tsv', line: 2, label: 'negative', text: 'Late again' },
      { file: 'mine.tsv', line: 3, label: 'neutral', text: 'Fine' },
    ]);
    expect(notes).toEqual(['mine.tsv: 1 labels are read without regard to case, such as NEGATIVE.']);
  });

  it('leaves rows out that have no label, and says so', () => {
    const { rows, notes } = read('label\ttext\n\tOh\n-\tHm\npositive\t\npositive\tLovely\n');
    expect(rows).toHaveLength(1);
    expect(notes).toEqual(['mine.tsv: 3 rows without a label or a text are left out.']);
  });

  it('reads CSV with quotes where the name says so', () => {
    const { rows } = read(
      'label,text\r\npositive,"Lovely, ""really""\nlovely"\r\n\r\nneutral,Nine\r\n',
      'mine.CSV',
    );
    expect(rows).toEqual([
      { file: 'mine.CSV', line: 2, label: 'positive', text: 'Lovely, "really"\nlovely' },
      { file: 'mine.CSV', line: 5, label: 'neutral', text: 'Nine' },
    ]);
  });

  it.each([
    ['Positiv', 'positive'],
    ['neg', 'negative'],
    ['1', 'positive'],
    ['-1', 'negative'],
    ['nuetral', 'neutral'],
  ])('asks whether %s was to be %s', (written, label) => {
    expect(() => read(`label\ttext\nneutral\tNine\n${written}\tOh\n`)).toThrow(
      refusal(new RegExp(`"${written}" \\(${label}\\?\\) in line 3\\.`)),
    );
  });

  it('names the first lines of labels of another kind', () => {
    expect(() => read(`label\ttext\n${'joy\tOh\n'.repeat(9)}`)).toThrow(refusal(/"joy" in line 2, 3, 4 …/));
  });

  it('says which columns it has seen', () => {
    expect(() => read('sentiment\ttext\npositive\tOh\n')).toThrow(
      refusal(/no column "label", but "sentiment", "text"/),
    );
  });

  it('sees that a file is separated by commas', () => {
    expect(() => read('label,text\npositive,Oh\n')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('.csv') }),
    );
  });
});

describe('checkLabels', () => {
  it('has nothing to say of good rows', () => {
    expect(check(rowsOf({ negative: 40, neutral: 50, positive: 60 }))).toEqual([]);
  });

  it.each([
    ['of no label', {}, /no row with a label/],
    ['of one label', { positive: 50 }, /all 50 rows of mine\.tsv are positive/],
    [
      'too few of a label',
      { negative: 9, positive: 50 },
      /too few rows of a label \(9 negative, 50 positive\)/,
    ],
  ])('refuses rows %s', (_, counts, message) => {
    expect(() => check(rowsOf(counts))).toThrow(refusal(message));
  });

  it('warns of few rows, of unbalanced ones and of those without neutral', () => {
    expect(check(rowsOf({ negative: 10, positive: 190 }))).toEqual([
      'mine.tsv has no neutral row: the other two are told apart, and nothing is learnt of neutral.',
      'mine.tsv has only 10 negative rows: few to learn from.',
      'mine.tsv is unbalanced (5 % negative, 95 % positive): rarer labels are given more weight.',
    ]);
  });

  it('counts the same text under two labels, whatever its case', () => {
    const rows: readonly CheckedRow[] = [
      ...rowsOf({ negative: 40, positive: 40 }),
      { file: 'mine.tsv', line: 90, label: 'positive', text: 'So SO' },
      { file: 'more.tsv', line: 91, label: 'negative', text: 'so so' },
    ];
    expect(check(rows)[0]).toBe(
      'mine.tsv gives the same text different labels in 2 rows (mine.tsv line 90, more.tsv line 91).',
    );
  });

  it('refuses a file that contradicts itself in more than a fifth of its rows', () => {
    const rows = rowsOf({ negative: 40, positive: 40 }).map((row, index) => ({
      ...row,
      text: `post number ${index % 70}`,
    }));
    expect(() => check(rows)).toThrow(refusal(/different labels in 20 rows \(line 2, 3, 4 …\)/));
  });
});
