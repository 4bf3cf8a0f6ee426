import { once } from 'node:events';
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** What the network does: `silent` keeps connections open and moves nothing, as a pulled cable does. */
export type Weather =
  | { readonly kind: 'fair' }
  | { readonly kind: 'cut' }
  | { readonly kind: 'slow'; readonly millis: number };

/** A network between a client and a server on loopback, whose weather can change. */
export interface NetworkProxy {
  readonly port: number;
  /** Where new connections lead; those that stand stay where they are. */
  target: number;
  /** For all connections, those that stand too. */
  setWeather(weather: Weather): void;
  close(): Promise<void>;
}

const JITTER = 0.1;

interface Link {
  readonly client: Socket;
  readonly upstream: Socket;
}

/**
 * Opens a proxy. Where the network is cut, each connection falls silent or is reset, which of the two its seed
 * decides; at the end of the cut the silent ones are reset, as by a peer that has forgotten them. A slow network
 * delays what the server answers by so many milliseconds, give or take a tenth.
 *
 * @param random numbers from 0 to 1
 */
export async function openProxy(port: number, target: number, random: () => number): Promise<NetworkProxy> {
  let weather: Weather = { kind: 'fair' };
  const links = new Set<Link>();

  const end = ({ client, upstream }: Link): void => {
    reset(client);
    reset(upstream);
  };
  const silence = ({ client, upstream }: Link): void => {
    client.pause();
    upstream.pause();
  };
  const strike = (link: Link): void => (random() < 0.5 ? end(link) : silence(link));

  /** In order, each chunk so long after it came as the weather says. */
  const answer = ({ client, upstream }: Link): void => {
    let written = Promise.resolve();
    upstream.on('data', (chunk: Buffer) => {
      const delay = weather.kind === 'slow' ? weather.millis * (1 + JITTER * (2 * random() - 1)) : 0;
      const due = performance.now() + delay;
      written = written.then(async () => {
        const left = due - performance.now();
        if (left > 0) await wait(left);
        client.write(chunk);
      });
    });
    upstream.on('end', () => void written.then(() => client.end()));
  };

  const server: Server = createServer((client) => {
    const upstream = connectTo({ host: '127.0.0.1', port: proxy.target, noDelay: true });
    const link = { client: client.setNoDelay(), upstream };
    links.add(link);
    for (const socket of [client, upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => {
        if (!links.delete(link)) return;
        client.destroy();
        upstream.destroy();
      });
    }
    // Where nobody listens: as near to a refused connection as one that is accepted can come.
    upstream.on('error', () => reset(client));
    client.on('data', (chunk) => upstream.write(chunk));
    client.on('end', () => upstream.end());
    answer(link);
    if (weather.kind === 'cut') strike(link);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');

  const proxy: NetworkProxy = {
    port,
    target,
    setWeather(next) {
      const before = weather;
      weather = next;
      if (next.kind === 'cut') for (const link of [...links]) strike(link);
      else if (before.kind === 'cut') for (const link of [...links]) end(link);
    },
    async close() {
      for (const link of [...links]) end(link);
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

/**
 * Ends a connection as a peer does that has forgotten it. One whose end is being sent is only closed: libuv resets none
 * of those (EINVAL), and Node then never closes it, which keeps the process alive.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
