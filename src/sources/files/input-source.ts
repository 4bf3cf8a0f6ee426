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
  input: AsyncIterable<Buffer>,
): Source {
  const quoted = options.format === 'csv';
  return {
    name: options.name,
    async *read(_after, stop) {
      let columns: readonly string[] | undefined;
      for await (const records of splitRecords(input, { from: 0, quoted, mostBytes: MOST_RECORD_BYTES })) {
        if (stop.aborted) return;
        const [header] = records;
        const isHeader = quoted && columns === undefined;
        if (isHeader) columns = columnsOf(header?.bytes ?? Buffer.alloc(0), 'standard input');
        const rows = isHeader ? records.slice(1) : records;
        yield { events: rows.map((record) => eventOfRecord(record, undefined, columns, options)) };
      }
    },
  };
}
