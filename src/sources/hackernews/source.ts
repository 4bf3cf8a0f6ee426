import { z } from 'zod';
import { SentifluxError } from '../../contracts/errors.js';
import { epochMillis, type SourceCursor, sourceCursor } from '../../contracts/ids.js';
import { fetchJson } from '../fetch-json.js';
import type { Source, SourceEvent } from '../port.js';
import { RecentTexts } from '../recent-texts.js';
import { editOf, eventOfItem, HACKERNEWS } from './item.js';

/** Items of one batch, and of those that are asked for at a time. */
const ITEMS_A_BATCH = 100;
const REQUESTS_AT_A_TIME = 8;
/** The newest items may be `null` for a moment; one that stays so for this many rounds is none. */
const ROUNDS_FOR_AN_ITEM = 6;
const TIMEOUT_MILLIS = 15_000;

const itemNumber = z.number().int().positive();
const updatesSchema = z.object({ items: z.array(itemNumber) });

export interface HackerNewsOptions {
  readonly name?: string;
  /** Where `maxitem.json`, `updates.json` and `item/` are. */
  readonly url: string;
  /** How long between two rounds of questions. */
  readonly pollMs: number;
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or as soon as it is told to stop. */
  readonly wait: (millis: number, stop: AbortSignal) => Promise<void>;
}

/** Asks for what lies under a path, and expects it to be as the schema says. */
type Ask = <Value>(path: string, schema: z.ZodType<Value>) => Promise<Value>;

/** Stories, comments, jobs and polls of Hacker News. The cursor is the number of the last item. */
export function createHackerNewsSource(options: HackerNewsOptions): Source {
  const texts = new RecentTexts();
  return {
    name: options.name ?? HACKERNEWS,
    async *read(after, stop) {
      const connection = { ...options, timeoutMs: TIMEOUT_MILLIS, stop, allowPrivate: true, keepAlive: true };
      const ask: Ask = async (path, schema) =>
        (await fetchJson({ url: `${options.url}/${path}.json` }, schema, connection)).value;
      let last = after === undefined ? undefined : positionOf(after);
      let roundsAtItem = 0;
      try {
        while (!stop.aborted) {
          const newest = await ask('maxitem', itemNumber);
          last ??= newest;
          while (last < newest && !stop.aborted) {
            const events = await nextItems(ask, last, newest, roundsAtItem >= ROUNDS_FOR_AN_ITEM);
            if (events.length === 0) break;
            roundsAtItem = 0;
            last += events.length;
            yield { events: noted(events.flat(), texts), cursor: sourceCursor(String(last)) };
          }
          roundsAtItem += 1;
          const events = await changes(ask, last, texts, options.now);
          yield { events: noted(events, texts), cursor: sourceCursor(String(last)) };
          await options.wait(options.pollMs, stop);
        }
      } catch (error) {
        // What was asked when it was told to stop has no answer.
        if (!stop.aborted) throw error;
      }
    },
  };
}

/**
 * What the next items tell, one list each, up to the first that is not there yet.
 *
 * @param isGivenUp whether the first one has been missing for so long that it is passed over
 */
async function nextItems(
  ask: Ask,
  last: number,
  newest: number,
  isGivenUp: boolean,
): Promise<readonly (readonly SourceEvent[])[]> {
  const numbers = range(last + 1, Math.min(newest, last + ITEMS_A_BATCH));
  const items = await inTurn(numbers, (number) => ask(`item/${number}`, z.unknown()));
  const missing = items.indexOf(null);
  const taken = items.slice(0, missing < 0 ? undefined : missing);
  if (taken.length === 0 && isGivenUp) return [[]];
  return taken.map((item, i) => {
    const event = eventOfItem(last + 1 + i, item);
    return event === undefined ? [] : [event];
  });
}

/** Edits and deletions of items that were read; what changes most of all, votes, is neither. */
async function changes(
  ask: Ask,
  last: number,
  texts: RecentTexts,
  now: () => number,
): Promise<readonly SourceEvent[]> {
  const { items: numbers } = await ask('updates', updatesSchema);
  const read = numbers.filter((number) => number <= last);
  const items = await inTurn(read, (number) => ask(`item/${number}`, z.unknown()));
  return read.flatMap((number, i) => {
    const event = items[i] === null ? undefined : eventOfItem(number, items[i]);
    if (event === undefined || event.kind === 'unusable') return [];
    if (event.kind === 'deletion') return texts.isNews(event.id, null) ? [event] : [];
    return texts.isNews(event.post.id, event.post.text) ? [editOf(event.post, epochMillis(now()))] : [];
  });
}

function noted(events: readonly SourceEvent[], texts: RecentTexts): readonly SourceEvent[] {
  for (const event of events) {
    if (event.kind === 'deletion') texts.note(event.id, null);
    else if (event.kind !== 'unusable') texts.note(event.post.id, event.post.text);
  }
  return events;
}

/** Answers in the order of the questions, some of which are asked at a time. */
async function inTurn<Question, Answer>(
  questions: readonly Question[],
  ask: (question: Question) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < questions.length; i += REQUESTS_AT_A_TIME) {
    answers.push(...(await Promise.all(questions.slice(i, i + REQUESTS_AT_A_TIME).map(ask))));
  }
  return answers;
}

const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** @throws SentifluxError SF_SOURCE_CURSOR_INVALID */
function positionOf(cursor: SourceCursor): number {
  const position = Number(cursor);
  if (Number.isSafeInteger(position) && position > 0) return position;
  throw new SentifluxError(
    'SF_SOURCE_CURSOR_INVALID',
    `${JSON.stringify(cursor)} is no cursor of Hacker News, which is the number of an item.`,
    { hint: 'Another source may have stored it under this name: give another --name.' },
  );
}
