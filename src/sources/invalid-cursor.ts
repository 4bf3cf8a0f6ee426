import { SentifluxError } from '../contracts/errors.js';
import type { SourceCursor } from '../contracts/ids.js';

/** A cursor that was not made by the source that is to read from it. */
export function invalidCursor(cursor: SourceCursor, source: string): SentifluxError {
  return new SentifluxError(
    'SF_SOURCE_CURSOR_INVALID',
    `${JSON.stringify(cursor.slice(0, 100))} is no cursor of ${source}.`,
    { hint: 'Another source may have stored it under this name: give another --name.' },
  );
}
