import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { createClient } from '../../src/streams/kafka/client.js';
import { translated } from '../../src/streams/kafka/errors.js';

const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
const SASL_AUTHENTICATE = 36;
const SASL_AUTHENTICATION_FAILED = 58;

/** What a broker does when it is sent a login. */
type Reaction = 'close' | 'refuse' | 'let in';

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value)]);
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)]);

/** As much of a broker as a login takes; it reacts to one login after the other, to further ones as to the last. */
async function broker(...reactions: readonly Reaction[]) {
  let logins = 0;
  const answer = (key: number): Buffer | undefined => {
    if (key === API_VERSIONS) {
      const keys = [API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE];
      const ranges = keys.map((one) => Buffer.concat([int16(one), int16(0), int16(0)]));
      return Buffer.concat([int16(0), int32(keys.length), ...ranges]);
    }
    if (key === SASL_HANDSHAKE) return Buffer.concat([int16(0), int32(1), text('PLAIN')]);
    const reaction = reactions[Math.min(logins, reactions.length - 1)];
    logins += 1;
    if (reaction === 'close') return undefined;
    return reaction === 'refuse'
      ? Buffer.concat([int16(SASL_AUTHENTICATION_FAILED), text('Invalid username or password'), int32(0)])
      : Buffer.concat([int16(0), text(''), int32(0)]);
  };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    let bytes = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk]);
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const request = bytes.subarray(4, 4 + bytes.readInt32BE(0));
        bytes = bytes.subarray(4 + request.length);
        const [key, version] = [request.readInt16BE(0), request.readInt16BE(2)];
        // kafkajs asks for the versions in a newer format first, whose answer ends with how long it is throttled.
        const body = answer(key);
        if (body === undefined) {
          socket.end();
          return;
        }
        const throttled = key === API_VERSIONS && version > 0 ? int32(0) : Buffer.alloc(0);
        const response = Buffer.concat([request.subarray(4, 8), body, throttled]);
        socket.write(Buffer.concat([int32(response.length), response]));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const { kafka: config } = configSchema.parse({
    streams: {
      kafka: {
        brokers: [`127.0.0.1:${port}`],
        sasl: { mechanism: 'PLAIN', username: 'worker', password: 'hush' },
      },
    },
  }).streams;
  const admin = createClient(config, silentLogger, {
    initialRetryTime: 5,
    maxRetryTime: 5,
    retries: 3,
  }).admin();
  onTestFinished(() => admin.disconnect());
  return {
    logins: () => logins,
    logIn: () =>
      admin.connect().catch((error: unknown) => {
        throw translated(error, 'cannot reach Kafka', config);
      }),
  };
}

describe('a login', () => {
  it('is tried again where the broker has closed the connection meanwhile', async () => {
    const { logIn, logins } = await broker('close', 'close', 'let in');
    await logIn();
    expect(logins()).toBe(3);
  });

  it('that every time ends with a closed connection is no refusal', async () => {
    const { logIn, logins } = await broker('close');
    await expect(logIn()).rejects.toMatchObject({
      code: 'SF_STREAM_UNREACHABLE',
      message: expect.stringMatching(/closes the connection, tried without TLS and with PLAIN\.$/),
    });
    expect(logins()).toBe(4);
  });

  it('that is refused is not tried again', async () => {
    const { logIn, logins } = await broker('close', 'refuse');
    await expect(logIn()).rejects.toMatchObject({
      code: 'SF_STREAM_REFUSED',
      message: expect.stringContaining(
        'refuses the login: SASL PLAIN authentication failed: Invalid username',
      ),
    });
    expect(logins()).toBe(2);
  });
});
