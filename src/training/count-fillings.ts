import type { TemplateText } from './template-text.js';
import type { WordLists } from './templates.js';

/** How many texts a frame makes from its lists; slots that stand in several words count for each. */
export function countFillings(frame: TemplateText, lists: WordLists): number {
  const counted = new Set<string>();
  return frame.reduce((product, part) => {
    if (part.kind === 'text') return product;
    if (part.kind === 'choice')
      return product * sum(part.options.map((option) => countFillings(option, lists)));
    if (counted.has(part.slot)) return product;
    counted.add(part.slot);
    // A word without forms is one text or more; one with forms gives one form where it stands.
    const words = lists.get(part.list) ?? [];
    return product * sum(words.map(({ text, forms }) => (forms.size > 0 ? 1 : countFillings(text, lists))));
  }, 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
