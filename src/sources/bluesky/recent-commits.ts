/** However short their time: what is forgotten too early is written once more. */
const MOST_COMMITS = 20_000;

/**
 * The commits of the last seconds. After a connection was lost the stream is read again from a few seconds back, since
 * servers' clocks differ; what was seen before is passed over then.
 */
export class RecentCommits {
  readonly #spanUs: number;
  #current = new Set<string>();
  #previous: ReadonlySet<string> = new Set();
  #since = 0;

  /** @param spanUs microseconds for which a commit is remembered, at least, unless there are very many */
  constructor(spanUs: number) {
    this.#spanUs = spanUs;
  }

  /** Whether a commit was added before; adds it where not. */
  has(commit: string, timeUs: number): boolean {
    if (this.#current.has(commit) || this.#previous.has(commit)) return true;
    if (timeUs - this.#since > this.#spanUs || this.#current.size >= MOST_COMMITS) {
      this.#previous = this.#current;
      this.#current = new Set();
      this.#since = timeUs;
    }
    this.#current.add(commit);
    return false;
  }
}
