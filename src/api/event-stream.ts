import { Readable } from 'node:stream';

/** Server-sent events on their way to one reader. */
export interface EventStream {
  /** For the response; its end and its destruction are the reader's. */
  readonly body: Readable;
  /** Sends a frame. `false` where too much waits already: the reader is too slow. */
  send(frame: string): boolean;
  /** Sends a last frame and ends; what waits is sent before it, or given up. */
  end(lastFrame: string, waiting: 'sent' | 'given up'): void;
}

export interface EventStreamOptions {
  /** Most characters that wait for the reader, beyond what its connection holds. */
  readonly maxWaiting: number;
  /** How long a reader has for the rest once the stream has ended; then it is cut off. */
  readonly lingerMillis: number;
}

/**
 * An event in the format of server-sent events (WHATWG HTML, 9.2). JSON holds no line break, so one `data` line is
 * enough.
 *
 * @param id which a reader that comes back names as the last that it has seen
 */
export function frame(event: string, data: object, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A line that readers skip, so that connections without events stay open. */
export const HEARTBEAT = ': heartbeat\n\n';

export function createEventStream({ maxWaiting, lingerMillis }: EventStreamOptions): EventStream {
  let waiting = '';
  let wanted = false;
  let ended = false;
  let cutOff: NodeJS.Timeout | undefined;
  const body = new Readable({
    highWaterMark: 16 * 1024,
    read() {
      wanted = true;
      flush();
    },
    destroy(error, done) {
      clearTimeout(cutOff);
      done(error);
    },
  });

  function flush(): void {
    if (!wanted) return;
    if (waiting !== '') {
      wanted = false;
      const frames = waiting;
      waiting = '';
      body.push(frames);
    } else if (ended) {
      wanted = false;
      body.push(null);
    }
  }

  return {
    body,
    send(next) {
      if (ended) return true;
      if (waiting.length + next.length > maxWaiting) return false;
      waiting += next;
      flush();
      return true;
    },
    end(lastFrame, before) {
      if (ended) return;
      ended = true;
      waiting = before === 'sent' ? waiting + lastFrame : lastFrame;
      cutOff = setTimeout(() => body.destroy(), lingerMillis);
      flush();
    },
  };
}
