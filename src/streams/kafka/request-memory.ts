import { type Encoded, encoderPrototype } from './kafkajs-protocol.js';

/** For what kafkajs writes before the body of a request: its length, its kind and number, and the name of the client. */
const ROOM_BYTES = 512;

/** Where in a piece of memory an encoder's bytes lie; before them there is room. */
interface Place {
  readonly memory: Buffer;
  readonly start: number;
}

const places = new WeakMap<object, Place>();

/**
 * Memory for the body of a request, which kafkajs sends from there. What else it encodes it copies, first behind the head
 * of the request and then behind its length, each time into new memory that is filled with zeros and of the next power of
 * two: of a request of 300 kB three times as much, which the collector counts.
 *
 * @param size in bytes
 * @returns the body, to be written at once
 */
export function requestMemory(size: number): Encoded {
  teachKafkajs();
  const memory = Buffer.allocUnsafe(ROOM_BYTES + size);
  const body = memory.subarray(ROOM_BYTES);
  const encoded = { buf: body, buffer: body };
  places.set(encoded, { memory, start: ROOM_BYTES });
  return encoded;
}

let isTaught = false;

/** An encoder that holds a head, and is given what has room for it, moves in there. */
function teachKafkajs(): void {
  if (isTaught) return;
  isTaught = true;
  const prototype = encoderPrototype();
  const { writeEncoder } = prototype;
  prototype.writeEncoder = function (value) {
    const place = places.get(value);
    if (place === undefined || place.start < this.offset) return writeEncoder.call(this, value);
    const { memory } = place;
    const start = place.start - this.offset;
    this.buf.copy(memory, start, 0, this.offset);
    this.buf = memory.subarray(start);
    this.offset = this.buf.length;
    places.set(this, { memory, start });
    return this;
  };
}
