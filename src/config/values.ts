import { z } from 'zod';

export const millis = (value: number) => z.number().int().nonnegative().default(value);
export const port = (value: number) => z.number().int().min(0).max(65_535).default(value);
export const positive = (value: number) => z.number().int().positive().default(value);

/** An object that may be left out: every key in it has a default, which a generic shape cannot tell the compiler. */
export const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape).prefault({} as z.input<z.ZodObject<Shape, z.core.$strict>>);

/**
 * What of a value is secret: all of it, of an address what comes behind the host (the addresses of hooks are keys to
 * them), or of an address the user, the password and the query. Stands in the schema as `.meta({ secret: … })`, where
 * secrets.ts finds it: such values are in no message, and `config show` prints what is left of them.
 */
export type SecretPart = 'value' | 'path' | 'userinfo';

export const secretPart = (secret: SecretPart) => ({ secret });

/** A secret text that may be left out. */
export const secretText = (description: string) =>
  z
    .string()
    .min(1)
    .optional()
    .meta({ description, ...secretPart('value') });
