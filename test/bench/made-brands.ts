// Brands and words that nobody has, as many as wanted.

export interface MadeBrand {
  readonly id: string;
  readonly name: string;
  readonly keywords: readonly string[];
}

/** @param keywords of each brand */
export function madeBrands(count: number, keywords: number): readonly MadeBrand[] {
  return Array.from({ length: count }, (_, brand) => ({
    id: `brand-${brand}`,
    name: `Brand ${brand}`,
    keywords: Array.from({ length: keywords }, (_, i) => `${word(brand)} ${word(7 * i + brand)}`),
  }));
}

/** Some made-up word for each number, which few texts hold. */
function word(number: number): string {
  const syllables = ['ba', 'ko', 'mi', 'ru', 'te', 'vo', 'xa', 'zu', 'ne', 'li'];
  return `${number}`.padStart(4, '0').replaceAll(/\d/g, (digit) => syllables[Number(digit)] ?? '');
}
