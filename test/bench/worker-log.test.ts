import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { followLog } from './worker-log.js';

describe('the log of a worker', () => {
  it('tells when it is ready and what is assigned to it, between lines of others', async () => {
    const stderr = new PassThrough();
    const log = followLog({ stderr }, 'posts');
    const line = (second: number, fields: object): string =>
      `${JSON.stringify({ level: 30, time: `2026-01-01T00:00:0${second}.000Z`, ...fields })}\n`;
    stderr.write('(node:12) ExperimentalWarning: something\n');
    stderr.write(line(1, { msg: 'partitions assigned', topic: 'posts', partitions: [0, 1, 2, 3] }));
    stderr.write(line(2, { msg: 'sentiflux is running', ops: 'http://127.0.0.1:1' }));
    stderr.write(line(3, { msg: 'partitions assigned', topic: 'results', partitions: [3] }));
    stderr.end(line(4, { msg: 'partitions assigned', topic: 'posts', partitions: [2, 3] }));
    await once(stderr, 'end');
    expect(log).toEqual({
      runningAt: Date.UTC(2026, 0, 1, 0, 0, 2),
      ops: 'http://127.0.0.1:1',
      assignedAt: Date.UTC(2026, 0, 1, 0, 0, 4),
      partitions: [2, 3],
    });
  });
});
