import type { Readable } from 'node:stream';
import { messageOf, SentifluxError } from '../../contracts/errors.js';
import type { Source } from '../port.js';
import { columnsOf } from './csv.js';
import { eventOfRecord, type RecordReader } from './record-event.js';
import { MOST_RECORD_BYTES, splitRecords } from './split-records.js';

/**
 * Posts from standard input. It cannot be read again, so there is no cursor, and what has no id of its own is none: the
 * place of a line would be that of another one the next time.
 */
export function createInputSource(
  options: RecordReader & { readonly name: string },
  /** Without an encoding, so that it gives buffers. */
  input: Readable,
): Source {
  const quoted = options.format === 'csv';
  return {
    name: options.name,
    async *read(_after, stop) {
      let columns: readonly string[] | undefined;
      const close = (): void => void input.destroy();
      stop.addEventListener('abort', close, { once: true });
      try {
        for await (const records of splitRecords(input, { from: 0, quoted, mostBytes: MOST_RECORD_BYTES })) {
          if (stop.aborted) return;
          const [header] = records;
          const isHeader = quoted && columns === undefined;
          if (isHeader) columns = columnsOf(header?.bytes ?? Buffer.alloc(0), 'standard input');
          const rows = isHeader ? records.slice(1) : records;
          yield { events: rows.map((record) => eventOfRecord(record, undefined, columns, options)) };
        }
      } catch (error) {
        // What is waited for is closed when it is told to stop.
        if (stop.aborted) return;
        if (error instanceof SentifluxError) throw error;
        throw new SentifluxError('SF_INPUT_UNREADABLE', `standard input broke off: ${messageOf(error)}.`, {
          hint: 'Lines before are written.',
          cause: error,
        });
      } finally {
        stop.removeEventListener('abort', close);
      }
    },
  };
}
