import { InvalidArgumentError } from 'commander';

/** Parses an option's value, as commander calls it. */
export function wholeNumber(value: string): number {
  const parsed = Number(value);
  if (!Number.isInteger(parsed) || parsed < 0) throw new InvalidArgumentError('It must be a whole number.');
  return parsed;
}
