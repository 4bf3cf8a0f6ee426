import { SentifluxError } from '../contracts/errors.js';

/** Reads one field of a decoded message; `undefined` where it is absent or null. */
export type ReadField = (message: unknown) => unknown;

/** `name` or `[0]`, with what joins it to the part before. */
const PART = /(?:^|(?!^)\.)([^.[\]]+)|\[(\d{1,6})\]/y;

/**
 * Compiles `a.b.c` or `a[0].b`; of several alternatives the first that is there counts. Only own properties are
 * seen: a path never reaches a prototype.
 *
 * @throws SentifluxError SF_CONFIG_INVALID where a path cannot be read
 */
export function compileFieldPath(path: string | readonly string[]): ReadField {
  const alternatives = (typeof path === 'string' ? [path] : path).map(compileOne);
  return (message) => {
    for (const read of alternatives) {
      const value = read(message);
      if (value !== undefined && value !== null) return value;
    }
    return undefined;
  };
}

function compileOne(path: string): ReadField {
  const parts = partsOf(path);
  return (message) => {
    let value = message;
    for (const part of parts) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
      value = (value as Record<string | number, unknown>)[part]; // Has the property, as just checked.
    }
    return value;
  };
}

function partsOf(path: string): readonly (string | number)[] {
  const parts: (string | number)[] = [];
  PART.lastIndex = 0;
  do {
    const match = PART.exec(path);
    if (match === null) {
      throw new SentifluxError(
        'SF_CONFIG_INVALID',
        `the field path ${JSON.stringify(path)} cannot be read.`,
        {
          hint: 'Write paths such as id, post.body or items[0].text under input.fields.',
        },
      );
    }
    parts.push(match[1] ?? Number(match[2]));
  } while (PART.lastIndex < path.length);
  return parts;
}
