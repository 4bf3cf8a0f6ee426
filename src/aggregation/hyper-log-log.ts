/** 2^11 registers: a standard error of 1.04 / √2048 = 2.3 %. */
const INDEX_BITS = 11;
export const REGISTERS = 2 ** INDEX_BITS;
/** Bits of a 53-bit hash that are left for the rank. */
const RANK_BITS = 53 - INDEX_BITS;
const HIGH_BITS = 21;

/** Of a sketch as text: six bits, or a rank, are one character from '0' on. */
const ZERO = 48;
/** A sparse sketch lists its registers, three characters each, unless the dense form is shorter. */
const SPARSE_BYTES = 3 * Math.floor(REGISTERS / 3);
/** What a sketch as text begins with. */
const SPARSE = 's'.charCodeAt(0);
const DENSE = 'd'.charCodeAt(0);
/** Sketches are written here, one after the other. */
const scratch = Buffer.alloc(1 + REGISTERS);

/**
 * HyperLogLog (Flajolet, Fusy, Gandouet and Meunier, AofA 2007) over 53-bit hashes: counts how many different
 * things were added without remembering them. Adding is idempotent and commutative, and nothing can be taken away.
 */
export function emptySketch(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(REGISTERS);
}

/**
 * @param hash of 53 evenly spread bits
 * @returns whether that changes anything
 */
export function addToSketch(registers: Uint8Array, hash: number): boolean {
  const low = hash >>> 0;
  const index = low & (REGISTERS - 1);
  const high = Math.floor(hash / 0x1_0000_0000);
  const rank =
    high !== 0
      ? Math.clz32(high) - (32 - HIGH_BITS) + 1
      : HIGH_BITS + Math.clz32(low >>> INDEX_BITS) - INDEX_BITS + 1;
  if (rank <= (registers[index] ?? 0)) return false;
  registers[index] = rank;
  return true;
}

export function mergeSketch(into: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < REGISTERS; i += 1) {
    const rank = other[i] ?? 0;
    if (rank > (into[i] ?? 0)) into[i] = rank;
  }
}

/**
 * How many different hashes were added. Ertl's improved raw estimator (arXiv:1702.01284, algorithm 6), which needs no
 * correction for few or many.
 */
export function estimate(registers: Uint8Array): number {
  const ofRank = new Array<number>(RANK_BITS + 2).fill(0);
  for (const rank of registers) ofRank[rank] = (ofRank[rank] ?? 0) + 1;
  const share = (rank: number): number => (ofRank[rank] ?? 0) / REGISTERS;
  let z = REGISTERS * tau(1 - share(RANK_BITS + 1));
  for (let rank = RANK_BITS; rank >= 1; rank -= 1) z = 0.5 * (z + (ofRank[rank] ?? 0));
  z += REGISTERS * sigma(share(0));
  return Math.round((REGISTERS * REGISTERS) / (2 * Math.LN2 * z));
}

function sigma(x: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  let power = x;
  let factor = 1;
  let sum = x;
  for (let before = Number.NaN; before !== sum; ) {
    power *= power;
    before = sum;
    sum += power * factor;
    factor += factor;
  }
  return sum;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let factor = 1;
  let sum = 1 - x;
  for (let before = Number.NaN; before !== sum; ) {
    root = Math.sqrt(root);
    before = sum;
    factor *= 0.5;
    sum -= (1 - root) ** 2 * factor;
  }
  return sum / 3;
}

/** As a store keeps it: `''` where nothing was added, `s…` sparse, `d…` dense. */
export function packSketch(registers: Uint8Array): string {
  const bytes = scratch;
  let size = 0;
  for (let index = 0; index < REGISTERS; index += 1) {
    const rank = registers[index] ?? 0;
    if (rank === 0) continue;
    if (size >= SPARSE_BYTES) return packDense(registers);
    bytes[size + 1] = ZERO + (index >>> 6);
    bytes[size + 2] = ZERO + (index & 63);
    bytes[size + 3] = ZERO + rank;
    size += 3;
  }
  if (size === 0) return '';
  bytes[0] = SPARSE;
  return bytes.toString('latin1', 0, size + 1);
}

function packDense(registers: Uint8Array): string {
  scratch[0] = DENSE;
  for (let index = 0; index < REGISTERS; index += 1) scratch[index + 1] = ZERO + (registers[index] ?? 0);
  return scratch.toString('latin1');
}

/** @throws RangeError for what `packSketch` did not write */
export function unpackSketch(text: string): Uint8Array<ArrayBuffer> {
  const registers = emptySketch();
  if (text === '') return registers;
  const bytes = Buffer.from(text, 'latin1')
    .subarray(1)
    .map((byte) => byte - ZERO);
  if (text.startsWith('d') && bytes.length === REGISTERS) registers.set(bytes);
  else if (text.startsWith('s') && bytes.length % 3 === 0) {
    for (let at = 0; at < bytes.length; at += 3) {
      registers[((bytes[at] ?? 0) << 6) | (bytes[at + 1] ?? 0)] = bytes[at + 2] ?? 0;
    }
  } else throw new RangeError(`${text.slice(0, 20)}… is no sketch`);
  return registers;
}
