/** What a template is made of, in order. */
export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'slot';
      /** `thing2`: two slots of one list with different numbers get different words. */
      readonly slot: string;
      /** `thing`: the list that the word comes from. */
      readonly list: string;
      /** The slot whose word decides the form, as in `{good:thing}`. */
      readonly agreesWith: string | undefined;
    }
  | { readonly kind: 'choice'; readonly options: readonly TemplateText[] };
export type TemplateText = readonly Part[];
export type Slot = Extract<Part, { kind: 'slot' }>;

const SLOT = /^([a-z]+(?:_[a-z]+)*)(\d*)(?::([a-z]+(?:_[a-z]+)*\d*))?$/;

/**
 * Reads a template: `{thing}` is a word of the list `thing`, `{good:thing}` the form of a word of `good` that
 * agrees with it, `{really |so |}` one of several texts, which may hold slots themselves.
 *
 * @throws Error that says what is wrong, without the name of the file
 */
export function parseTemplateText(source: string): TemplateText {
  const { options, end } = parseOptions(source, 0, false);
  if (end < source.length) throw new Error(`"${source}" has a } without its {`);
  return options[0] ?? [];
}

/** The slots of a template, also those in its choices. */
export function slotsOf(text: TemplateText): readonly Slot[] {
  return text.flatMap((part) => {
    if (part.kind === 'slot') return [part];
    return part.kind === 'choice' ? part.options.flatMap(slotsOf) : [];
  });
}

/** Reads up to the closing brace, or to the end at the outermost level, where `|` is a sign like any other. */
function parseOptions(
  source: string,
  start: number,
  inBraces: boolean,
): { readonly options: readonly TemplateText[]; readonly end: number } {
  const options: Part[][] = [[]];
  let [from, at] = [start, start];
  const closeText = (): void => {
    if (at > from) options.at(-1)?.push({ kind: 'text', text: source.slice(from, at) });
  };
  while (at < source.length && source[at] !== '}') {
    if (source[at] === '{') {
      closeText();
      const inner = parseOptions(source, at + 1, true);
      if (source[inner.end] !== '}') throw new Error(`"${source}" has a { without its }`);
      options.at(-1)?.push(partInBraces(source, at + 1, inner.end, inner.options));
      at = inner.end + 1;
      from = at;
    } else if (inBraces && source[at] === '|') {
      closeText();
      options.push([]);
      at += 1;
      from = at;
    } else at += 1;
  }
  closeText();
  return { options, end: at };
}

function partInBraces(source: string, start: number, end: number, options: readonly TemplateText[]): Part {
  if (options.length > 1) return { kind: 'choice', options };
  const content = source.slice(start, end);
  const [, list, number, agreesWith] = SLOT.exec(content) ?? [];
  if (list === undefined) throw new Error(`"${source}" has {${content}}, which is no name of a slot`);
  return { kind: 'slot', slot: `${list}${number}`, list, agreesWith };
}
