import type { Config } from '../config/schema.js';

/** A configuration for one process that needs nothing but Node, and whose page shows what posts say. */
export function embedded(config: Config, apiPort: number): Config {
  return {
    ...config,
    streams: { ...config.streams, kind: 'memory' },
    topics: { ...config.topics, partitions: 2 },
    output: { ...config.output, includeText: true },
    aggregation: { ...config.aggregation, store: 'memory' },
    alerting: { ...config.alerting, scheduler: 'memory' },
    api: { ...config.api, port: apiPort },
    ops: { ...config.ops, port: 0 },
  };
}
