import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, SentifluxError } from '../contracts/errors.js';
import type { FitEvent } from '../training/fit.js';
import { drawLossCurve } from '../training/loss-curve.js';

const entrySchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('step'), step: z.number(), loss: z.number(), postsPerSecond: z.number() }),
  z.object({
    kind: z.literal('epoch'),
    step: z.number(),
    epoch: z.number(),
    development: z.array(z.object({ name: z.string(), posts: z.number(), macroRecall: z.number() })),
  }),
]);
type Entry = z.infer<typeof entrySchema>;

/** What a training leaves beside its bundle: `training.jsonl`, a line a report, and `loss.svg`, drawn from it. */
export interface TrainingLog {
  add(event: FitEvent): void;
}

/**
 * Opens the log in a directory, which it makes.
 *
 * @throws SentifluxError SF_OUTPUT_UNWRITABLE
 */
export function openTrainingLog(directory: string): TrainingLog {
  const file = join(directory, 'training.jsonl');
  let entries: Entry[] = [];
  const draw = (): void =>
    writeFileSync(join(directory, 'loss.svg'), drawLossCurve(curveOf(directory, entries)));
  writable(directory, () => {
    mkdirSync(directory, { recursive: true });
    appendFileSync(file, '');
  });
  return {
    add: (event) =>
      writable(directory, () => {
        if (event.kind === 'start') {
          // What came after the checkpoint that it goes on from is done again.
          entries = readEntries(file).filter(({ step }) => step <= event.step);
          writeFileSync(file, entries.map(lineOf).join(''));
          return;
        }
        const entry = entrySchema.parse(event);
        entries.push(entry);
        appendFileSync(file, lineOf(entry));
        if (entry.kind === 'epoch') draw();
      }),
  };
}

function curveOf(directory: string, entries: readonly Entry[]): Parameters<typeof drawLossCurve>[0] {
  const recalls = entries.flatMap((entry) => {
    if (entry.kind !== 'epoch' || entry.development.length === 0) return [];
    const sum = entry.development.reduce((total, { macroRecall }) => total + macroRecall, 0);
    return [{ step: entry.step, recall: sum / entry.development.length }];
  });
  return {
    title: `Training of ${directory}`,
    losses: entries.filter((entry) => entry.kind === 'step'),
    recalls,
  };
}

function readEntries(file: string): Entry[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8').split('\n').flatMap(parseEntry);
}

/** None where a line was cut short: the process may have died as it wrote. */
function parseEntry(line: string): readonly Entry[] {
  try {
    return [entrySchema.parse(JSON.parse(line))];
  } catch {
    return [];
  }
}

function lineOf(entry: Entry): string {
  return `${JSON.stringify(entry)}\n`;
}

function writable<Result>(directory: string, write: () => Result): Result {
  try {
    return write();
  } catch (cause) {
    throw new SentifluxError('SF_OUTPUT_UNWRITABLE', `cannot write to ${directory}: ${messageOf(cause)}.`, {
      hint: 'Name another directory with --output.',
      cause,
    });
  }
}
