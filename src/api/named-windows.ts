import { SentifluxError } from '../contracts/errors.js';
import type { WindowNamespaces, WindowReader } from '../contracts/window-reader.js';

/** The windows of a namespace: the live ones where none is named. */
export interface NamedWindows {
  /** @throws SentifluxError SF_API_NOT_FOUND */
  require(namespace: string | undefined): Promise<WindowReader>;
}

export function createNamedWindows(live: WindowReader, namespaces: WindowNamespaces): NamedWindows {
  return {
    async require(namespace) {
      if (namespace === undefined) return live;
      const found = await namespaces.namespace(namespace);
      if (found !== undefined) return found;
      throw new SentifluxError('SF_API_NOT_FOUND', `no windows in the namespace ${namespace}`, {
        hint: 'sentiflux aggregate --namespace fills one; leave namespace out for the live windows.',
      });
    },
  };
}
