import { type Command, InvalidArgumentError } from 'commander';
import { DEAD_LETTER_STAGES } from '../contracts/dead-letter.js';
import type { DeadLetterFilter } from '../pipelines/dead-letter-survey.js';
import { type ConfigOption, configOption } from './config-option.js';
import { collected, pointInTime, wholeNumber } from './option-values.js';

export interface FilterOptions extends ConfigOption, DeadLetterFilter {
  readonly partition?: readonly number[];
  readonly limit?: number;
}

/** Adds the options by which dead letters are selected. */
export function withFilters(command: Command): Command {
  return command
    .addOption(configOption())
    .option('--code <code>', 'only with this sf-error-code; may be given more than once', collected)
    .option(
      '--stage <stage>',
      `only from this stage (${DEAD_LETTER_STAGES.join(', ')}); may be given more than once`,
      stages,
    )
    .option('--source-topic <name>', 'only from this topic; may be given more than once', collected)
    .option('--partition <n>', 'only of this partition; may be given more than once', partitions)
    .option('--from <time>', 'only given up at this time or later: 2026-03-01T12:00:00Z', pointInTime)
    .option('--to <time>', 'only given up before this time', pointInTime)
    .option('--limit <n>', 'only so many, the oldest first', wholeNumber);
}

function stages(value: string, before: readonly string[] = []): readonly string[] {
  if (DEAD_LETTER_STAGES.some((stage) => stage === value)) return [...before, value];
  throw new InvalidArgumentError(`It must be one of ${DEAD_LETTER_STAGES.join(', ')}.`);
}

function partitions(value: string, before: readonly number[] = []): readonly number[] {
  return [...before, wholeNumber(value)];
}
