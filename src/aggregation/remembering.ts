/** A longer text is answered anew each time: what is kept must stay small. */
const MOST_LENGTH = 256;

/**
 * A function of texts that come again and again, which is asked once for each. Beyond `most` all of its answers are let
 * go: a producer of ever new texts must not fill memory.
 */
export function remembering<Answer>(
  most: number,
  answer: (text: string) => Answer,
): (text: string) => Answer {
  const answers = new Map<string, Answer>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const copy = copyOf(text);
    const found = answer(copy);
    if (copy.length > MOST_LENGTH) return found;
    if (answers.size >= most) answers.clear();
    answers.set(copy, found);
    return found;
  };
}

/** A text of its own: a part of a longer one keeps all of that in memory. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString();
}
