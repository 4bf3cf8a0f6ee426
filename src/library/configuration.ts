import { loadBrands, loadConfig, parseBrands, parseConfig } from '../config/load.js';
import type { Config, ConfigInput } from '../config/schema.js';
import type { Brand, BrandInput } from '../contracts/brand.js';

/** What every part of the library is told. */
export interface Settings {
  /**
   * Keys as in docs/configuration.md, each of which may be left out; or the path of a YAML file, over whose keys the
   * variables `SENTIFLUX_…` go, as on the command line. Variables are read for a file only.
   */
  readonly config?: string | ConfigInput;
  /** In place of the configuration's file of brands: brands, or the path of another file. */
  readonly brands?: string | readonly BrandInput[];
}

/**
 * Keys of a pipeline that lives in this process alone: no Kafka, no Redis, nothing on the disk, and ports that are free.
 * Spread them, and put your own keys beside them.
 */
export const EMBEDDED = {
  streams: { kind: 'memory' },
  topics: { partitions: 2 },
  aggregation: { store: 'memory' },
  alerting: { scheduler: 'memory' },
  api: { port: 0 },
  ops: { port: 0 },
} as const satisfies ConfigInput;

/** @throws SentifluxError SF_CONFIG_INVALID, SF_CONFIG_UNREADABLE */
export async function configOf({ config = {} }: Settings): Promise<Config> {
  return typeof config === 'string'
    ? loadConfig(config, process.env)
    : parseConfig(config, 'the configuration');
}

/** @throws SentifluxError SF_BRANDS_INVALID */
export async function brandsOf({ brands }: Settings, config: Config): Promise<readonly Brand[]> {
  const named = brands ?? config.brands ?? [];
  return typeof named === 'string' ? loadBrands(named) : parseBrands({ brands: named }, 'the brands');
}
