import { SentifluxError } from '../contracts/errors.js';
import type { WindowNamespaces, WindowReader } from '../contracts/window-reader.js';
import { cacheSeries, type ReadSeries, readSeries } from './series-cache.js';

/** Windows as they stand in the store, and as columns that may be some seconds old. */
export interface ApiWindows extends WindowReader {
  readonly series: ReadSeries;
}

/** The windows of a namespace: the live ones where none is named. */
export interface NamedWindows {
  /** @throws SentifluxError SF_API_NOT_FOUND */
  require(namespace: string | undefined): Promise<ApiWindows>;
}

/** @param now milliseconds of a clock that never goes back */
export function createNamedWindows(
  reader: WindowReader,
  namespaces: WindowNamespaces,
  now: () => number,
): NamedWindows {
  const live: ApiWindows = { ...reader, series: cacheSeries(reader, now) };
  return {
    async require(namespace) {
      if (namespace === undefined) return live;
      const found = await namespaces.namespace(namespace);
      // A replay's windows are looked at now and then.
      if (found !== undefined) return { ...found, series: readSeries(found) };
      throw new SentifluxError('SF_API_NOT_FOUND', `no windows in the namespace ${namespace}`, {
        hint: 'sentiflux aggregate --namespace fills one; leave namespace out for the live windows.',
      });
    },
  };
}
