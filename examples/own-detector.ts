// A rule that decides by a method of your own: here, more negative posts in ten seconds than ever in the minute before.
// How long a surge must last, quiet hours, silences, cool-down and receivers stay the rule's.
import {
  createPipeline,
  type Detector,
  EMBEDDED,
  epochMillis,
  postId,
  type Sink,
  type Source,
} from 'sentiflux';

const moreThanEver: Detector = {
  history: 6,
  detect({ windows }) {
    const counts = windows.map(({ negative }) => negative);
    const observed = counts.at(-1) ?? 0;
    const most = Math.max(...counts.slice(0, -1));
    // It fires at a strength of 1: at twice the most that there was.
    return { observed, expected: most, strength: observed / (2 * Math.max(1, most)) };
  },
};

/** One complaint every ten seconds of the last minutes, then eight at once. */
const complaints: Source = {
  name: 'complaints',
  async *read() {
    const window = 10_000;
    const end = Math.floor(Date.now() / window) * window - window;
    const times = Array.from({ length: 20 }, (_, i) => end - (i + 2) * window);
    for (let i = 0; i < 8; i += 1) times.push(end - window + i);
    yield {
      events: times.sort().map((time, i) => {
        const createdAt = epochMillis(time);
        const text = `Terrible, Acme broke again and support is useless (${i})`;
        const post = { id: postId(String(i)), source: 'forum', text, createdAt, updatedAt: createdAt };
        return { kind: 'post', post };
      }),
    };
  },
};

let tell = (_line: string): void => {};
const alerted = new Promise<string>((resolve) => {
  tell = resolve;
});
const pager: Sink = {
  name: 'pager',
  outputs: ['alerts'],
  async write(events) {
    for (const event of events) {
      if (event.kind !== 'alert' || event.alert.state !== 'firing') continue;
      const { rule, brand, observed, expected } = event.alert;
      tell(`${rule} of ${brand}: ${observed} negative posts, ${expected} at most before`);
    }
  },
};

const pipeline = await createPipeline({
  config: {
    ...EMBEDDED,
    aggregation: { ...EMBEDDED.aggregation, idleAfterMs: 500, closeEveryMs: 100 },
    alerting: {
      ...EMBEDDED.alerting,
      evaluateEveryMs: 100,
      rules: [{ name: 'more-than-ever', tier: '10s', deduplicate: false, minPosts: 5, minAuthors: 1 }],
    },
  },
  brands: [{ id: 'acme', name: 'Acme', keywords: ['Acme'] }],
  sources: [complaints],
  sinks: [pager],
  detectors: { 'more-than-ever': moreThanEver },
});
console.log(await alerted);
await pipeline.stop();
