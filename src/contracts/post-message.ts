import { z } from 'zod';

const name = z.union([z.string().regex(/\S/).max(512), z.number().int()]);
const time = z.union([z.string(), z.number()]);

/**
 * A value on the topic of posts under the names that `input.fields` has by default: what producers should write. The
 * worker's decoder takes more than that, and passes over fields that it does not know.
 */
export const postMessageSchema = z.object({
  id: name.optional().describe("the record's key where it is left out"),
  text: z.string().regex(/\S/).describe('the only field that must be there'),
  source: z.string().optional().describe('kind or name of where it was posted'),
  author: name.optional().describe('id or handle; leaves the score role only as a keyed hash'),
  createdAt: time
    .optional()
    .describe(
      "ISO 8601, or seconds or milliseconds since the epoch; the record's timestamp where it is left out",
    ),
  updatedAt: time
    .optional()
    .describe('orders revisions of one id: later is an edit; createdAt where it is left out'),
  language: z.string().optional().describe('BCP 47 tag; a hint'),
  url: z.string().optional(),
  replyTo: name.optional().describe('id of the post that it answers'),
  reach: z.number().nonnegative().optional().describe('how many people it reached'),
});
