import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { reset } from './proxy.js';

/** Both ends of a connection on loopback. */
async function connection(): Promise<{ readonly near: Socket; readonly far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const near = connect(port, '127.0.0.1');
  const [far]: Socket[] = await once(server, 'connection');
  if (far === undefined) throw new Error('nobody came');
  onTestFinished(() => void far.destroy());
  return { near, far };
}

describe('reset', () => {
  it('is felt at the other end', async () => {
    const { near, far } = await connection();
    const failed = once(far, 'error');
    reset(near);
    expect((await failed)[0]).toMatchObject({ code: 'ECONNRESET' });
  });

  it('closes a connection whose end is being sent', async () => {
    const { near } = await connection();
    const closed = once(near, 'close');
    near.end();
    reset(near);
    await closed;
    expect(near.destroyed).toBe(true);
  });
});
