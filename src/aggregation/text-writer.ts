const FIRST_ROOM = 4_096;
const MINUS = 45;
const DIGIT_0 = 48;
/** From here to the letter for ten. */
const TO_LETTERS = 39;
/** Digits of 2^53 in base 10, and more than in any greater one. */
const MOST_DIGITS = 17;
/** Quotients up to there are of the kind that machines divide quickly. */
const SMALL = 2 ** 31;
const MOST_BYTES_A_UNIT = 3;

/**
 * Text that is put together from numbers and pieces in one block of memory. Strings that are added up, and the text of
 * each number, are some hundred bytes of garbage a post otherwise.
 */
export class TextWriter {
  #bytes = Buffer.allocUnsafe(FIRST_ROOM);
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  text(piece: string): void {
    this.#makeRoom(MOST_BYTES_A_UNIT * piece.length);
    for (let i = 0; i < piece.length; i += 1) {
      const unit = piece.charCodeAt(i);
      if (unit > 0x7f) {
        this.#length += this.#bytes.write(piece.slice(i), this.#length);
        return;
      }
      this.#bytes[this.#length] = unit;
      this.#length += 1;
    }
  }

  /** As `number.toString(radix)` writes it. @param number a safe integer @param radix from 10 to 36 */
  number(number: number, radix: number): void {
    this.#makeRoom(MOST_DIGITS);
    let rest = Math.abs(number);
    if (number < 0) this.#byte(MINUS);
    let digits = 1;
    for (let power = radix; power <= rest; power *= radix) digits += 1;
    let at = this.#length + digits - 1;
    this.#length += digits;
    for (; rest >= SMALL; at -= 1) {
      const quotient = Math.floor(rest / radix);
      this.#bytes[at] = digitOf(rest - quotient * radix);
      rest = quotient;
    }
    let small = rest | 0;
    for (; at >= this.#length - digits; at -= 1) {
      const quotient = (small / radix) | 0;
      this.#bytes[at] = digitOf(small - quotient * radix);
      small = quotient;
    }
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.#bytes.toString('utf8', 0, this.#length);
    this.#length = 0;
    return text;
  }

  /** The same as bytes of UTF-8. */
  takeBytes(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return bytes;
  }

  #byte(byte: number): void {
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function digitOf(value: number): number {
  return value < 10 ? DIGIT_0 + value : DIGIT_0 + TO_LETTERS + value;
}
