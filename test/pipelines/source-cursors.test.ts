import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { configSchema } from '../../src/config/schema.js';
import { sourceCursor } from '../../src/contracts/ids.js';
import { silentLogger } from '../../src/contracts/logger.js';
import { openSourceCursors } from '../../src/pipelines/source-cursors.js';
import { openStreams } from '../../src/streams/open.js';
import { freshName } from '../streams/reader.js';
import { kafkaBrokers } from '../support/services.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const files = () => ({ kind: 'file', file: { directory: join(temporaryFolder(), 'streams') } });
const kafka = () => ({ kind: 'kafka', kafka: { brokers: kafkaBrokers } });

describe.each([
  ['files', true, files],
  ['Kafka', kafkaBrokers !== undefined, kafka],
])('cursors on %s', (_, isThere, streamsOf) => {
  it.skipIf(!isThere)(
    'are there for a process that is started again, the last one of each source',
    async () => {
      const config = configSchema.parse({
        streams: streamsOf(),
        topics: { cursors: freshName('cursors'), replication: 1 },
      });
      const open = async () => {
        const streams = await openStreams(config.streams, silentLogger);
        onTestFinished(() => streams.close());
        return openSourceCursors(streams, config);
      };
      const first = await open();
      expect(await first.load('bluesky')).toBeUndefined();
      await first.store('bluesky', sourceCursor('1'));
      await first.store('csv:/posts', sourceCursor('{"file":"a","offset":7}'));
      await first.store('bluesky', sourceCursor('2'));

      const second = await open();
      expect(await second.load('bluesky')).toBe('2');
      expect(await second.load('csv:/posts')).toBe('{"file":"a","offset":7}');
      expect(await second.load('other')).toBeUndefined();
    },
  );
});
