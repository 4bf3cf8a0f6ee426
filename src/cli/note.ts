/** Tells people something beside a command's output. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
