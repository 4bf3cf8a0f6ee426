import type { EventKind, LiveFrame } from './live-frame.js';

/** The newest live events, for readers that come back. */
export interface LiveHistory {
  add(frame: LiveFrame): void;
  /** What came after a number, in order; not complete where some of it is no longer kept. */
  after(
    number: number,
    kinds: ReadonlySet<EventKind>,
  ): { readonly frames: readonly LiveFrame[]; readonly complete: boolean };
  clear(): void;
}

/**
 * Each kind has room of its own, so that many posts push out no alert.
 *
 * @param room most characters that are kept of each kind
 */
export function createLiveHistory(room: Readonly<Record<EventKind, number>>): LiveHistory {
  const queues = new Map<EventKind, FrameQueue>();

  return {
    add(frame) {
      let queue = queues.get(frame.kind);
      if (queue === undefined) {
        queue = new FrameQueue(room[frame.kind]);
        queues.set(frame.kind, queue);
      }
      queue.add(frame);
    },
    after(number, kinds) {
      const asked = [...queues].filter(([kind]) => kinds.has(kind)).map(([, queue]) => queue);
      return {
        frames: asked.flatMap((queue) => queue.after(number)).toSorted((a, b) => a.number - b.number),
        complete: asked.every(({ lost }) => lost <= number),
      };
    },
    clear() {
      queues.clear();
    },
  };
}

/** Frames in order, the oldest given up where there are too many characters. */
class FrameQueue {
  /** Number of the last one that was given up. */
  lost = 0;
  #frames: LiveFrame[] = [];
  /** Where the kept ones begin: taking them off the front one by one would move all the others each time. */
  #first = 0;
  #characters = 0;
  readonly #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  add(frame: LiveFrame): void {
    this.#frames.push(frame);
    this.#characters += frame.text.length;
    while (this.#characters > this.#room) this.#giveUpOldest();
    if (2 * this.#first > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first);
      this.#first = 0;
    }
  }

  after(number: number): readonly LiveFrame[] {
    const kept = this.#frames.slice(this.#first);
    const next = kept.findIndex((frame) => frame.number > number);
    return next < 0 ? [] : kept.slice(next);
  }

  #giveUpOldest(): void {
    const oldest = this.#frames[this.#first];
    if (oldest === undefined) return;
    this.#first += 1;
    this.#characters -= oldest.text.length;
    this.lost = oldest.number;
  }
}
