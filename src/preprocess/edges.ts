export const ROOT = 0;
export const NONE = -1;

/** Edges of an automaton: from a state, with a code unit, to a state. */
export interface Edges {
  add(state: number, unit: number, target: number): void;
  /** The state that `unit` leads to, or `NONE`. */
  follow(state: number, unit: number): number;
}

/**
 * Edges in one hash table of typed arrays, 10 bytes a slot and at most half of them taken, so that memory follows
 * their number and not the alphabet's.
 *
 * @param count most that will be added
 */
export function createEdges(count: number): Edges {
  let size = 16;
  while (size < 2 * count) size *= 2;
  const mask = size - 1;
  const states = new Int32Array(size).fill(NONE);
  const units = new Uint16Array(size);
  const targets = new Int32Array(size).fill(NONE);
  // Most of a text is read from the root, so its edges are an array.
  const fromRoot = new Int32Array(0x10000).fill(NONE);

  /** Where the edge lies, or the empty slot where it would. */
  const slotOf = (state: number, unit: number): number => {
    const mixed = Math.imul(state, 0x9e3779b1) ^ Math.imul(unit, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    while (states[slot] !== NONE && (states[slot] !== state || units[slot] !== unit))
      slot = (slot + 1) & mask;
    return slot;
  };
  return {
    add(state, unit, target) {
      if (state === ROOT) {
        fromRoot[unit] = target;
        return;
      }
      const slot = slotOf(state, unit);
      states[slot] = state;
      units[slot] = unit;
      targets[slot] = target;
    },
    follow(state, unit) {
      return (state === ROOT ? fromRoot[unit] : targets[slotOf(state, unit)]) ?? NONE;
    },
  };
}

/**
 * Follows a text from a state on, and adds the edges that are missing.
 *
 * @param newState gives a state that has no edges yet
 * @returns the state in which it ends
 */
export function addPath(edges: Edges, from: number, text: string, newState: () => number): number {
  let state = from;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    let next = edges.follow(state, unit);
    if (next === NONE) {
      next = newState();
      edges.add(state, unit, next);
    }
    state = next;
  }
  return state;
}
