import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { silentLogger } from '../contracts/logger.js';
import { openStreams } from '../streams/open.js';
import type { Streams } from '../streams/port.js';
import type { ConfigOption } from './config-option.js';

/** Opens the streams that the configuration names, and closes them whatever comes of their use. */
export async function withStreams<Result>(
  { config: file }: ConfigOption,
  use: (streams: Streams, config: Config) => Promise<Result>,
): Promise<Result> {
  const config = await loadConfig(file, process.env);
  const streams = await openStreams(config.streams, silentLogger);
  try {
    return await use(streams, config);
  } finally {
    await streams.close();
  }
}
