import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Encoder } from '../../src/streams/kafka/kafkajs-protocol.js';
import { requestMemory } from '../../src/streams/kafka/request-memory.js';

const load = createRequire(import.meta.url);
// As kafkajs has it.
const createRequest = load('kafkajs/src/protocol/request') as (what: object) => Promise<Encoder>;

const head = { apiKey: 0, apiVersion: 7 };

/** A request as kafkajs puts it together of a body that lies in memory of its own. */
const copied = async (body: Buffer, clientId: string, correlationId: number): Promise<Buffer> => {
  const encode = async () => ({ buf: body, buffer: body });
  return (await createRequest({ correlationId, clientId, request: { ...head, encode } })).buffer;
};

const inPlace = async (body: Buffer, clientId: string, correlationId: number): Promise<Encoder> => {
  const encode = async () => {
    const encoded = requestMemory(body.length);
    body.copy(encoded.buffer);
    return encoded;
  };
  return createRequest({ correlationId, clientId, request: { ...head, encode } });
};

describe('the memory of a request', () => {
  it('holds the bytes that kafkajs sends, whatever the name of the client', async () => {
    const bodies = fc.uint8Array({ minLength: 1, maxLength: 2_000 }).map((bytes) => Buffer.from(bytes));
    // Longer ones than there is room for are copied as before.
    const names = fc.string({ maxLength: 700, unit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(bodies, names, fc.nat(), async (body, name, number) => {
        expect((await inPlace(body, name, number)).buffer).toEqual(await copied(body, name, number));
      }),
    );
  });

  it('is what is sent: nothing is copied', async () => {
    const memory = requestMemory(100_000);
    const request = await createRequest({
      correlationId: 1,
      clientId: 'sentiflux',
      request: { ...head, encode: async () => memory },
    });
    expect(request.buffer.buffer).toBe(memory.buffer.buffer);
  });

  it('lets an encoder write on behind it', async () => {
    const request = await inPlace(Buffer.from('body'), 'sentiflux', 1);
    const before = Buffer.from(request.buffer);
    request.writeInt32(7);
    expect(request.buffer).toEqual(Buffer.concat([before, Buffer.from([0, 0, 0, 7])]));
  });
});
