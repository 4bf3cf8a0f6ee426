import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a Redis on loopback that a test can lead elsewhere or freeze. */
export interface RedisWay {
  readonly url: string;
  /** New connections lead there from now on; those that stand are left. */
  leadTo(port: number): void;
  /** Connections that stand say nothing more, and are not closed: as after a router forgot them. */
  freeze(): void;
  /** Connections that were made so far. */
  readonly connections: number;
}

export async function redisWay(port: number): Promise<RedisWay> {
  let target = port;
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(target, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  const own = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `redis://127.0.0.1:${own}`,
    leadTo(to) {
      target = to;
    },
    freeze() {
      for (const socket of sockets) {
        socket.unpipe();
        socket.pause();
      }
    },
    get connections() {
      return connections;
    },
  };
}
