import { messageOf, SentifluxError } from '../contracts/errors.js';

interface Server {
  listen(options: { readonly host: string; readonly port: number }): Promise<string>;
}

/**
 * Starts to listen and returns the address, e.g. `http://127.0.0.1:8080`.
 *
 * @param setting name of the section of the configuration that the address comes from
 * @throws SentifluxError SF_LISTEN_FAILED
 */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  setting: 'api' | 'ops',
): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    throw new SentifluxError('SF_LISTEN_FAILED', `cannot listen on ${host}:${port}: ${messageOf(cause)}.`, {
      hint: `Free the port, or set another one (${setting}.port, or --port of demo and live; 0 for any that is free).`,
      cause,
    });
  }
}
