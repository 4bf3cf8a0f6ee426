import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTable, readTable } from '../../src/training/read-table.js';

describe('parseTable', () => {
  it('counts lines as an editor does, byte order mark and empty lines or not', () => {
    const { columns, rows } = parseTable(
      Buffer.from('\ufefflabel\ttext\r\n\r\npositive\tLovely\r\n'),
      'a.tsv',
    );
    expect(columns).toEqual(['label', 'text']);
    expect(rows).toEqual([{ line: 3, cells: ['positive', 'Lovely'] }]);
  });

  it('gives back what was written as CSV', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', 'ü'), minLength: 1 });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1 }), (cells) => {
        const quoted = (value: string) => `"${value.replaceAll('"', '""')}"`;
        const lines = cells.map((row) => row.map(quoted).join(','));
        const { rows } = parseTable(Buffer.from(`label,text\n${lines.join('\n')}\n`), 'a.csv');
        expect(rows.map((row) => row.cells)).toEqual(cells);
        let line = 2;
        for (const row of rows) {
          expect(row.line).toBe(line);
          line += row.cells.join('').split('\n').length;
        }
      }),
    );
  });

  it.each([
    ['nothing', Buffer.from(''), /is empty/],
    ['empty lines', Buffer.from('\n\n \n'), /is empty/],
    ['a header only', Buffer.from('label\ttext\n'), /a header and no rows/],
    ['bytes that are no text', Buffer.from([0x6c, 0x61, 0, 1, 2]), /is a binary file/],
    ['what a spreadsheet saves', Buffer.from('PK\x03\x04...', 'latin1'), /is a workbook/],
    ['something compressed', gzipSync('label\ttext\n'), /compressed with gzip/],
    ['UTF-16', Buffer.from('\ufefflabel\ttext\n', 'utf16le'), /is in UTF-16/],
    [
      'Latin-1',
      Buffer.from('label\ttext\npositive\tOh\npositive\tTrès bien\n', 'latin1'),
      /not UTF-8: see line 3/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => parseTable(bytes, 'mine.tsv')).toThrow(
      expect.objectContaining({ code: 'SF_TRAIN_DATA_INVALID', message: expect.stringMatching(message) }),
    );
  });

  it('refuses CSV with a quote that never ends', () => {
    expect(() => parseTable(Buffer.from('label,text\npositive,"Oh\n'), 'a.csv')).toThrow(/is no CSV/);
  });
});

describe('readTable', () => {
  it('says which file cannot be read', async () => {
    await expect(readTable('nowhere.tsv')).rejects.toThrow(/cannot read nowhere\.tsv/);
  });
});
