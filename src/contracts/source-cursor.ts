import { z } from 'zod';
import { sourceCursor } from './ids.js';

/** A value on the topic of cursors, by the name of the source; how it is read is the source's own affair. */
export const sourceCursorSchema = z.object({ cursor: z.string().transform(sourceCursor) });
