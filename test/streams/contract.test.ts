import { configSchema } from '../../src/config/schema.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { openStreams } from '../../src/streams/open.js';
import { kafkaBrokers } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { streamsContract } from './contract.js';

const { streams } = configSchema.parse({});

streamsContract('memory', true, async () => ({
  open: () => openStreams({ ...streams, kind: 'memory' }, silentLogger),
}));

streamsContract('files', true, async () => {
  const directory = temporaryFolder();
  return { open: () => openStreams({ ...streams, kind: 'file', file: { directory } }, silentLogger) };
});

for (const delivery of ['at-least-once', 'exactly-once'] as const) {
  streamsContract(`Kafka, ${delivery}`, kafkaBrokers !== undefined, async () => ({
    open: () =>
      openStreams(
        {
          ...streams,
          kind: 'kafka',
          kafka: { ...streams.kafka, brokers: kafkaBrokers ?? [], sessionTimeoutMs: 6_000, delivery },
        },
        silentLogger,
      ),
  }));
}
