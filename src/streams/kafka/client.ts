import { Kafka, logLevel } from 'kafkajs';
import type { Config } from '../../config/schema.js';
import type { Logger } from '../../contracts/logger.js';

export type KafkaConfig = Config['streams']['kafka'];

/** How often a request is tried again: some 15 s, in which a broker restarts. */
const RETRIES = 8;

export function createClient(config: KafkaConfig, logger: Logger, retries = RETRIES): Kafka {
  return new Kafka({
    clientId: config.clientId,
    brokers: [...config.brokers],
    connectionTimeout: config.connectionTimeoutMs,
    retry: { initialRetryTime: 100, retries, maxRetryTime: 5_000 },
    logLevel: logLevel.WARN,
    logCreator:
      () =>
      ({ level, log: { message, ...fields } }) => {
        const details = { client: 'kafkajs', ...detailsOf(fields) };
        // What kafkajs calls an error it mostly tries again; what it gives up comes as a rejection or a crash.
        if (level === logLevel.ERROR || level === logLevel.WARN) logger.warn(details, message);
        else logger.debug(details, message);
      },
  });
}

/** Without stacks: kafkajs logs its own at every retry. */
function detailsOf({ stack, logger, timestamp, ...fields }: Record<string, unknown>): object {
  return fields;
}
