import { messageOf } from '../contracts/errors.js';
import type { LiveEvent } from '../contracts/live-feed.js';
import type { Logger } from '../contracts/logger.js';
import type { LiveTally } from './live-tally.js';
import { createLogger } from './logger.js';
import { shown } from './table.js';

/** How often a terminal is painted, and how often a line tells the shares where there is none. */
const PAINT_EVERY_MILLIS = 500;
const TABLE_EVERY_MILLIS = 60_000;

/** A terminal cuts lines that are too long, which it would wrap: the picture has as many rows as lines. */
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const CLEAR_DOWN = '\u001b[J';
const MOST_POSTS = 12;
/** Of a terminal that does not tell. */
const ROWS = 24;

/** What people see of `sentiflux live` beside its page. */
export interface LiveView {
  /** What goes wrong is told where it does not tear the picture. */
  readonly logger: Logger;
  /** @param lines the head: what is read, where the page is */
  begin(lines: readonly string[]): void;
  add(events: readonly LiveEvent[]): void;
  end(): void;
}

export interface LiveViewOptions {
  readonly tally: LiveTally;
  readonly output: Terminal;
  /** Whether the log would be written over the picture. */
  readonly logIsOnTerminal: boolean;
}

/** Standard output, whether it is a terminal or not. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly rows?: number;
  write(text: string): unknown;
}

/** A picture that is painted over and over where there is a terminal; lines as posts come elsewhere. */
export function openLiveView(options: LiveViewOptions): LiveView {
  return options.output.isTTY === true ? paintedView(options) : lineView(options);
}

function lineView({ tally, output }: LiveViewOptions): LiveView {
  const tell = (lines: readonly string[]): void => {
    if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
  };
  let timer: NodeJS.Timeout | undefined;
  return {
    logger: createLogger('warn'),
    begin(lines) {
      tell([...lines, '']);
      timer = setInterval(() => tell(['', ...tally.table(), '']), TABLE_EVERY_MILLIS);
    },
    add: (events) => tell(tally.add(events)),
    end() {
      clearInterval(timer);
      tell(['', ...tally.table()]);
    },
  };
}

function paintedView({ tally, output, logIsOnTerminal }: LiveViewOptions): LiveView {
  let head: readonly string[] = [];
  let warning: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let painted = 0;

  function paint(): void {
    const lines = [
      ...head,
      '',
      ...tally.table(),
      '',
      ...tally.alerts(),
      ...(warning === undefined ? [] : [warning]),
      ...tally.latest(MOST_POSTS),
    ].slice(0, Math.max(1, (output.rows ?? ROWS) - 1));
    const up = painted === 0 ? '' : `\u001b[${painted}A`;
    output.write(`${NO_WRAP}${up}\r${CLEAR_DOWN}${lines.join('\n')}\n${WRAP}`);
    painted = lines.length;
  }
  const warn = (fields: object, message: string): void => {
    warning = warningOf(fields, message);
  };

  return {
    logger: logIsOnTerminal ? { debug() {}, info() {}, warn, error: warn } : createLogger('warn'),
    begin(lines) {
      head = lines;
      paint();
      timer = setInterval(paint, PAINT_EVERY_MILLIS);
    },
    add: (events) => void tally.add(events),
    end() {
      clearInterval(timer);
      paint();
    },
  };
}

/** In one line: when, what, and why. */
function warningOf(fields: object, message: string): string {
  const cause: unknown = Reflect.get(fields, 'err');
  const why = cause === undefined ? '' : ` (${messageOf(cause)})`;
  return `${new Date().toISOString().slice(11, 19)}  WARNING  ${shown(`${message}${why}`)}`;
}
