import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** Ports on loopback that nobody uses now: all are taken at once, so that no two are the same, then let go. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // Of a TCP server it is none else.
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
