/** A producer of ever new names must not fill the store: those beyond are written out where they are used. */
const MOST_NAMES = 16_384;
const RADIX = 36;
const WRITTEN_OUT = '~';

/**
 * Names of sources, languages, models and brands of a partition, which what is remembered of its posts refers to by
 * their index. New ones go to the store with the posts that brought them.
 */
export class Names {
  readonly #names: string[];
  /** Indexes as `pack` writes them. */
  readonly #packed: Map<string, string>;
  #stored: number;

  /** @param stored as the store has them, in their order */
  constructor(stored: readonly string[]) {
    this.#names = [...stored];
    this.#packed = new Map(stored.map((name, index) => [name, index.toString(RADIX)]));
    this.#stored = stored.length;
  }

  /** How many of them the store has. */
  get stored(): number {
    return this.#stored;
  }

  /** A name as text without commas: its index, and it is taken in where it is new. */
  pack(name: string): string {
    const known = this.#packed.get(name);
    if (known !== undefined) return known;
    const index = this.#names.length;
    if (index >= MOST_NAMES) return WRITTEN_OUT + encodeURIComponent(name);
    const packed = index.toString(RADIX);
    this.#names.push(name);
    this.#packed.set(name, packed);
    return packed;
  }

  /** What `pack` wrote; `undefined` for an index that is none. */
  unpack(text: string): string | undefined {
    if (text.startsWith(WRITTEN_OUT)) return decodeURIComponent(text.slice(WRITTEN_OUT.length));
    return this.#names[Number.parseInt(text, RADIX)];
  }

  /** Those that the store has not got yet. */
  get added(): readonly string[] {
    return this.#names.slice(this.#stored);
  }

  /** To be called when the store has taken `added`. */
  confirm(): void {
    this.#stored = this.#names.length;
  }
}
