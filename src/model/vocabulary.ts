/** Id that pads a row of tokens; never scored. */
export const PADDING_ID = 0;
/** Id of everything that the vocabulary does not hold. */
export const UNKNOWN_ID = 1;

/**
 * The subword pieces that a network knows; a piece's id is its line in the file. A piece that starts a word
 * stands as it is; one that continues a word is preceded by `##`.
 */
export class Vocabulary {
  readonly pieces: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;

  /** @param pieces in the order of their ids; the first two are padding and unknown */
  constructor(pieces: readonly string[]) {
    this.pieces = pieces;
    this.#ids = new Map(pieces.map((piece, id) => [piece, id]));
  }

  static parse(text: string): Vocabulary {
    return new Vocabulary(text.replace(/\n$/, '').split('\n'));
  }

  serialise(): string {
    return `${this.pieces.join('\n')}\n`;
  }

  get size(): number {
    return this.pieces.length;
  }

  idOf(piece: string): number | undefined {
    return this.#ids.get(piece);
  }
}
