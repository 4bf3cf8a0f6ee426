import type { StreamsConfig } from '../config/schema.js';
import type { Logger } from '../contracts/logger.js';
import { openFileLog } from './embedded/file-log.js';
import { createMemoryLog } from './embedded/memory-log.js';
import { createEmbeddedStreams } from './embedded/streams.js';
import type { Streams } from './port.js';

/**
 * Opens the streams that the configuration names. kafkajs is loaded only where it is used.
 *
 * @throws SentifluxError SF_STREAM_UNREACHABLE
 */
export async function openStreams(config: StreamsConfig, logger: Logger): Promise<Streams> {
  switch (config.kind) {
    case 'memory':
      return createEmbeddedStreams(createMemoryLog());
    case 'file':
      return createEmbeddedStreams(await openFileLog(config.file.directory));
    case 'kafka': {
      const { openKafkaStreams } = await import('./kafka/streams.js');
      return openKafkaStreams(config.kafka, logger);
    }
  }
}
