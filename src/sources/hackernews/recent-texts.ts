import type { PostId } from '../../contracts/ids.js';

/** Some three days of Hacker News. */
const MOST_POSTS = 50_000;

/** What the last posts said, to tell an edit from a new vote: the interface names both as a change of the item. */
export class RecentTexts {
  readonly #texts = new Map<PostId, string | null>();

  /** @param text `null` where the post is deleted */
  note(id: PostId, text: string | null): void {
    this.#texts.delete(id);
    this.#texts.set(id, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > MOST_POSTS && oldest !== undefined) this.#texts.delete(oldest);
  }

  /** Whether that is news: a text in place of one that is known, or a deletion that is not. */
  isNews(id: PostId, text: string | null): boolean {
    const known = this.#texts.get(id);
    return text === null ? known !== null : known !== undefined && known !== text;
  }
}
