/** Cells in columns, a line each row. */
export function aligned(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows
    .map((row) => `${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

/** A cell of what others have written: without what would steer the terminal, and `-` where there is nothing. */
export function shown(text: string | undefined, most = Number.POSITIVE_INFINITY): string {
  if (text === undefined || text === '') return '-';
  const characters = Array.from(printable(text));
  return characters.length <= most ? characters.join('') : `${characters.slice(0, most - 1).join('')}…`;
}

/** Without control characters, by which a post could steer the terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, '\ufffd');
}
