import { z } from 'zod';
import { brandId } from './ids.js';
import { isTimeZone } from './time-zone.js';

const phrases = z.array(z.string().trim().min(1)).default([]);

/** One brand as configured in `brands.yaml`. */
export const brandSchema = z.strictObject({
  /** Stable id, used in topics, keys and addresses. */
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens')
    .transform(brandId),
  /** Name as shown to people; not matched unless it stands among the keywords. */
  name: z.string().min(1),
  /** `@handle`s. */
  handles: phrases,
  /** `#hashtag`s. */
  hashtags: phrases,
  /** Words and phrases in any script: at word boundaries where the script has them. */
  keywords: phrases,
  /** Phrases that contain a keyword but mean something else. */
  exclude: phrases,
  /** Where given, only posts in these languages (ISO 639-1) count for the brand. */
  languages: z.array(z.string()).optional(),
  /** Whose midnights begin the brand's windows of a day (IANA, such as `Europe/Berlin`); UTC by default. */
  timeZone: z.string().refine(isTimeZone, 'a time zone such as Europe/Berlin').optional(),
});
export type Brand = Readonly<z.infer<typeof brandSchema>>;
/** A brand as people write it: only `id` and `name` must be there. */
export type BrandInput = z.input<typeof brandSchema>;

export const brandsFileSchema = z.strictObject({ brands: z.array(brandSchema) });
