import { composeObserved, type NormaliseObserver, rewrite } from './normalise.js';

/** A part of a text, in UTF-16 code units; the end is excluded. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A normalised text that knows where its parts stood in the original. */
export interface TextWithOrigin {
  readonly text: string;
  /** The part of the original that became units `start` to `end` of the normalised text, at least one. */
  originOf(start: number, end: number): TextRange;
}

/**
 * Exactly what `normalise` gives, with the place of each unit in the original.
 *
 * The places are not found by aligning the two texts, which would be a guess: the same steps run over the same
 * text, and an observer notes what was read when a unit was written. What is dropped (an invisible character, a
 * skin tone, the third of a repeated letter) belongs to the unit before it.
 */
export function normaliseWithOffsets(original: string): TextWithOrigin {
  const origins = new Origins(original.length);
  const text = rewrite(composeObserved(original, origins), origins);
  return { text, originOf: (start, end) => origins.of(start, end) };
}

/** The range of the original behind each unit of the text as it stands after a step; starts and ends ascend. */
class Origins implements NormaliseObserver {
  #ranges: TextRange[];
  /** Ranges of the units that rewriting has written, and where it has read to. */
  #written: TextRange[] = [];
  #position = 0;

  constructor(length: number) {
    this.#ranges = Array.from({ length }, (_, unit) => ({ start: unit, end: unit + 1 }));
  }

  replace(text: string, pattern: RegExp, replacement: (match: string) => string): string {
    const before = this.#ranges;
    const after: TextRange[] = [];
    const parts: string[] = [];
    let position = 0;
    const keepUntil = (end: number): void => {
      parts.push(text.slice(position, end));
      for (; position < end; position += 1) after.push(before[position] ?? NOWHERE);
    };
    for (const match of text.matchAll(pattern)) {
      const [matched] = match;
      const replaced = replacement(matched);
      keepUntil(match.index);
      const end = match.index + matched.length;
      if (replaced === matched) keepUntil(end);
      else {
        parts.push(replaced);
        write(after, after.length + replaced.length, join(before, position, end));
        position = end;
      }
    }
    keepUntil(text.length);
    this.#ranges = after;
    return parts.join('');
  }

  reach(index: number, size: number): void {
    if (index > 0) write(this.#written, size, join(this.#ranges, this.#position, index));
    this.#position = index;
  }

  of(start: number, end: number): TextRange {
    return join(this.#written, start, end);
  }
}

const NOWHERE: TextRange = { start: 0, end: 0 };

/** From the start of the first range to the end of the last. */
function join(ranges: readonly TextRange[], from: number, to: number): TextRange {
  return { start: (ranges[from] ?? NOWHERE).start, end: (ranges[to - 1] ?? NOWHERE).end };
}

/**
 * Notes that a text has come to `size` units by reading `source`. Where it has not grown, what was read was
 * dropped or has taken the place of units before it, as `<url>` that of `example.org`: it belongs to the last one.
 */
function write(ranges: TextRange[], size: number, source: TextRange): void {
  const last = ranges[size - 1];
  if (ranges.length < size) while (ranges.length < size) ranges.push(source);
  else if (last !== undefined) {
    ranges.length = size;
    ranges[size - 1] = { start: last.start, end: source.end };
  }
}
