// Results to somewhere that sentiflux does not know: here a table in memory, as a database would have it.
import { createPipeline, EMBEDDED, epochMillis, postId, type Sink, type Source } from 'sentiflux';

const table = new Map<string, { readonly revision: number; readonly label: string }>();

const database: Sink = {
  name: 'database',
  outputs: ['scored'],
  // Resolves once the rows are safe; what it throws is tried again. The same events may come twice, so rows are kept by
  // the id of their post, and only a later revision takes the place of an earlier one.
  async write(events) {
    for (const event of events) {
      if (event.kind === 'deleted') table.delete(event.id);
      if (event.kind !== 'scored') continue;
      const { id, revision, label } = event.post;
      if (revision >= (table.get(id)?.revision ?? 0)) table.set(id, { revision, label });
    }
  },
};

const now = epochMillis(Date.now());
const post = (id: string, text: string) => ({
  id: postId(id),
  source: 'forum',
  text,
  createdAt: now,
  updatedAt: now,
});

const forum: Source = {
  name: 'forum',
  async *read() {
    yield {
      events: [
        { kind: 'post', post: post('1', 'I love it, best purchase of the year') },
        { kind: 'post', post: post('2', 'Worst service ever, I want my money back') },
        { kind: 'post', post: post('3', 'Great, thank you so much!') },
        { kind: 'deletion', id: postId('3') },
      ],
    };
  },
};

// Where there are Kafka and Redis, leave EMBEDDED out: the sink then reads in a consumer group of its own, and the
// scorers may run anywhere else.
const pipeline = await createPipeline({
  config: { ...EMBEDDED, topics: { partitions: 1 } },
  roles: ['score'],
  sources: [forum],
  sinks: [database],
});
await pipeline.ingested;
while (table.size !== 2) await new Promise((resolve) => setTimeout(resolve, 50));
for (const [id, { label }] of table) console.log(id, label);
await pipeline.stop();
