// Posts from somewhere that sentiflux does not know: a list of reviews that is asked for page by page.
import { createPipeline, EMBEDDED, epochMillis, postId, type Source, sourceCursor } from 'sentiflux';

const REVIEWS = [
  { number: 1, text: 'Arrived on time, works perfectly, love it', at: '2026-03-01T09:00:00Z' },
  { number: 2, text: 'Broke after a day and nobody answers. Terrible!', at: '2026-03-01T09:05:00Z' },
  { number: 3, text: 'It comes in blue and in green', at: '2026-03-01T09:10:00Z' },
];

/** Stands for a request to a server: at most two reviews after a number. */
async function pageAfter(number: number): Promise<typeof REVIEWS> {
  return REVIEWS.filter((review) => review.number > number).slice(0, 2);
}

const reviews: Source = {
  name: 'reviews',
  async *read(after, stop) {
    // The cursor that was kept: after a restart it goes on from there.
    let last = Number(after ?? 0);
    while (!stop.aborted) {
      const page = await pageAfter(last);
      if (page.length === 0) return;
      last = page.at(-1)?.number ?? last;
      yield {
        events: page.map(({ number, text, at }) => {
          const createdAt = epochMillis(Date.parse(at));
          const id = postId(`reviews:${number}`);
          return {
            kind: 'post',
            post: { id, source: 'reviews', text, createdAt, updatedAt: createdAt },
          };
        }),
        cursor: sourceCursor(String(last)),
      };
    }
  },
};

const pipeline = await createPipeline({ config: EMBEDDED, roles: ['score'], sources: [reviews] });
const [tally] = await pipeline.ingested;
console.log(tally?.posts, 'reviews are on posts.raw');
await pipeline.stop();
