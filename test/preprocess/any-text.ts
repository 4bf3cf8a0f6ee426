import fc from 'fast-check';

/** Any string at all, lone surrogates included; half of its units are those that posts are made of. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(...Array.from('aZ9 @#&;<>/._-\n', (unit) => unit.charCodeAt(0))),
      fc.integer({ min: 0, max: 0xffff }),
    ),
    { maxLength: 40 },
  )
  .map((units) => String.fromCharCode(...units));
