import { addPath, createEdges, type Edges, NONE, ROOT } from './edges.js';

/** Finds all of many patterns in one reading of a text. */
export interface Automaton {
  /**
   * Calls `found` for every occurrence of every pattern, in the order of their ends; of those that end alike
   * the longest comes first. `end` is the index after the occurrence's last code unit.
   */
  scan(text: string, found: (pattern: number, end: number) => void): void;
}

/**
 * The automaton of Aho and Corasick (CACM 1975) over UTF-16 code units. A code unit costs one look-up and, spread over
 * the text, at most one failed one, however many patterns there are.
 *
 * @param patterns distinct and not empty; an occurrence is reported by the pattern's place
 */
export function createAutomaton(patterns: readonly string[]): Automaton {
  const edges = createEdges(1 + patterns.reduce((sum, pattern) => sum + pattern.length, 0));
  const patternAt: number[] = [NONE];
  patterns.forEach((pattern, index) => {
    patternAt[addPath(edges, ROOT, pattern, () => patternAt.push(NONE) - 1)] = index;
  });

  const { fallback, nextFound } = links(patterns, edges, patternAt);
  const ends = Int32Array.from(patternAt);
  return {
    scan(text, found) {
      let state = ROOT;
      for (let i = 0; i < text.length; i += 1) {
        state = step(edges, fallback, state, text.charCodeAt(i));
        let match = ends[state] === NONE ? (nextFound[state] ?? NONE) : state;
        while (match !== NONE) {
          found(ends[match] ?? NONE, i + 1);
          match = nextFound[match] ?? NONE;
        }
      }
    },
  };
}

function step(edges: Edges, fallback: Int32Array, from: number, unit: number): number {
  for (let state = from; state !== ROOT; state = fallback[state] ?? ROOT) {
    const next = edges.follow(state, unit);
    if (next !== NONE) return next;
  }
  const first = edges.follow(ROOT, unit);
  return first === NONE ? ROOT : first;
}

interface Links {
  /** State of the longest proper suffix that some pattern begins with. */
  readonly fallback: Int32Array;
  /** State of the longest proper suffix that is a pattern, or `NONE`. */
  readonly nextFound: Int32Array;
}

/** Both links of every state, the shallow ones first: a state's follow from those of its suffix. */
function links(patterns: readonly string[], edges: Edges, patternAt: readonly number[]): Links {
  const fallback = new Int32Array(patternAt.length);
  const nextFound = new Int32Array(patternAt.length).fill(NONE);
  let level = patterns.map((pattern) => ({ pattern, state: ROOT }));
  for (let depth = 0; level.length > 0; depth += 1) {
    level = level.filter(({ pattern }) => depth < pattern.length);
    for (const walker of level) {
      const unit = walker.pattern.charCodeAt(depth);
      const child = edges.follow(walker.state, unit);
      if (depth > 0) {
        const suffix = step(edges, fallback, fallback[walker.state] ?? ROOT, unit);
        fallback[child] = suffix;
        nextFound[child] = patternAt[suffix] === NONE ? (nextFound[suffix] ?? NONE) : suffix;
      }
      walker.state = child;
    }
  }
  return { fallback, nextFound };
}
