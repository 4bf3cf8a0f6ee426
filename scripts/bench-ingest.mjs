// How many events a second one process takes from Jetstream's shape to the topic of posts:
//   node scripts/bench-ingest.mjs [--events 200000] [--brokers 127.0.0.1:9092]
// Without --brokers the topic is in memory, which leaves Kafka's client out. Needs a build. A process of its own serves
// the events by WebSocket, as fast as they are taken; mapping, encoding and writing are measured. `events per CPU second`
// is the figure to go by on a machine that does other things as well: events by the processor time of this process, all of
// its threads and the kernel's work for it included, after the first tenth, which compiles it. Memory is that of the
// process at its highest, and at the half and the end: flat where nothing piles up. Processor time, too, is worth less
// where others crowd the core, so the time of one fixed task, parsing the JSON of one event, is told.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { WebSocketServer } from 'ws';
import { configSchema } from '../dist/config/schema.js';
import { systemClock } from '../dist/contracts/clock.js';
import { silentLogger } from '../dist/contracts/logger.js';
import { ingest } from '../dist/pipelines/ingest.js';
import { openSourceCursors } from '../dist/pipelines/source-cursors.js';
import { topicSpecs } from '../dist/pipelines/topics.js';
import { waitUnlessStopped } from '../dist/pipelines/wait-unless-stopped.js';
import { createBlueskySource } from '../dist/sources/bluesky/source.js';
import { openStreams } from '../dist/streams/open.js';

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '200000' },
    brokers: { type: 'string' },
    serve: { type: 'boolean', default: false },
  },
});
const EVENTS = Number(values.events);
const START_US = Date.UTC(2026, 10, 28, 12) * 1_000;
const WORDS =
  'the new camera is a joy but my bag was lost again and nobody answers at the desk what a mess'.split(' ');

if (values.serve) serve();
else await measure();

/** An event of about the size that the documentation shows: a reply of some ten words. */
function eventAt(i) {
  const text = Array.from({ length: 8 + (i % 9) }, (_, n) => WORDS[(i * 7 + n * 3) % WORDS.length]).join(' ');
  const timeUs = START_US + i * 50;
  return JSON.stringify({
    did: `did:plc:${String(i % 50_000).padStart(24, 'a')}`,
    time_us: timeUs,
    kind: 'commit',
    commit: {
      rev: `3l3qo2v${i}`,
      operation: i % 50 === 49 ? 'delete' : 'create',
      collection: 'app.bsky.feed.post',
      rkey: `3l3qo2vu${i}`,
      ...(i % 50 !== 49 && {
        record: {
          $type: 'app.bsky.feed.post',
          createdAt: new Date(timeUs / 1_000).toISOString(),
          langs: ['en'],
          reply: {
            parent: {
              cid: 'bafyreidc6sydkkbchcyg62v77wbhzvb2mvytlmsychqgwf2xojjtirmzj4',
              uri: `at://did:plc:parent/app.bsky.feed.post/3l${i}`,
            },
            root: {
              cid: 'bafyreidc6sydkkbchcyg62v77wbhzvb2mvytlmsychqgwf2xojjtirmzj4',
              uri: `at://did:plc:root/app.bsky.feed.post/3l${i}`,
            },
          },
          text,
        },
        cid: 'bafyreidwaivazkwu67xztlmuobx35hs2lnfh3kolmgfmucldvhd3sgzcqi',
      }),
    },
  });
}

/** Sends events as long as the socket takes them. */
function serve() {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  server.on('listening', () => process.send(server.address().port));
  server.on('connection', (socket) => {
    let i = 0;
    const more = () => {
      while (i < EVENTS && socket.bufferedAmount < 1_000_000) socket.send(eventAt(i++));
      if (i < EVENTS) setTimeout(more, 1);
    };
    more();
  });
}

async function measure() {
  const child = fork(new URL(import.meta.url), ['--serve', '--events', String(EVENTS)]);
  const [port] = await once(child, 'message');
  const config = configSchema.parse({
    streams:
      values.brokers === undefined ? { kind: 'memory' } : { kafka: { brokers: values.brokers.split(',') } },
    topics: { posts: `bench.${process.pid}.posts`, cursors: `bench.${process.pid}.cursors`, replication: 1 },
  });
  const streams = await openStreams(config.streams, silentLogger);
  const [posts] = topicSpecs(config.topics);
  await streams.topics().create([posts]);
  const cursors = await openSourceCursors(streams, config);
  const stop = new AbortController();
  let from;
  let done = 0;
  const memory = [];
  await ingest({
    source: createBlueskySource({
      urls: [`ws://127.0.0.1:${port}/subscribe`],
      rewindMs: 5_000,
      silenceMs: 30_000,
      userAgent: 'sentiflux/bench',
      now: Date.now,
    }),
    streams,
    cursors,
    config,
    clock: systemClock,
    random: Math.random,
    wait: waitUnlessStopped,
    logger: silentLogger,
    stop: stop.signal,
    onProgress(tally) {
      done = tally.posts + tally.deletions;
      if (from === undefined && done >= EVENTS / 10)
        from = { done, cpu: process.cpuUsage(), at: performance.now() };
      if (memory.length === 0 && done >= EVENTS / 2) memory.push(process.memoryUsage.rss());
      if (done >= EVENTS) stop.abort();
    },
  });
  const cpu = process.cpuUsage(from.cpu);
  const cpuSeconds = (cpu.user + cpu.system) / 1e6;
  const seconds = (performance.now() - from.at) / 1_000;
  const measured = done - from.done;
  memory.push(process.memoryUsage.rss(), process.resourceUsage().maxRSS * 1_024);
  const [half, end, most] = memory.map((bytes) => Math.round(bytes / 1e6));
  console.log(
    `to ${values.brokers === undefined ? 'memory' : 'Kafka'}: ${measured} events, events per CPU second ${Math.round(measured / cpuSeconds)}, per second ${Math.round(measured / seconds)}`,
  );
  console.log(
    `µs a event ${((1e6 * cpuSeconds) / measured).toFixed(1)}, of them parsing its JSON ${parsing().toFixed(2)}`,
  );
  console.log(`memory, MB: ${half} at the half, ${end} at the end, ${most} at its highest`);
  child.kill();
  await cursors.close();
  await streams.close();
}

/** Microseconds of processor time for parsing the JSON of one event. */
function parsing() {
  const events = Array.from({ length: 1_000 }, (_, i) => eventAt(i));
  const rounds = 50;
  const start = process.cpuUsage();
  for (let round = 0; round < rounds; round += 1) for (const event of events) JSON.parse(event);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / (rounds * events.length);
}
