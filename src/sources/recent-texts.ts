import type { PostId } from '../contracts/ids.js';
import { Recent } from './recent.js';

/** Some three days of Hacker News, and more of most others. */
const MOST_POSTS = 50_000;

/** What the last posts said, to tell an edit from a new vote, where an interface does not. */
export class RecentTexts {
  readonly #texts = new Recent<PostId, string | null>(MOST_POSTS);

  /** @param text `null` where the post is deleted */
  note(id: PostId, text: string | null): void {
    this.#texts.set(id, text);
  }

  isDeleted(id: PostId): boolean {
    return this.#texts.get(id) === null;
  }

  /** Whether that is news: a text in place of one that is known, or a deletion that is not. */
  isNews(id: PostId, text: string | null): boolean {
    const known = this.#texts.get(id);
    return text === null ? known !== null : known !== undefined && known !== text;
  }
}
