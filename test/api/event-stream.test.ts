import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { createEventStream, frame } from '../../src/api/event-stream.js';

describe('a stream of events', () => {
  it('brings every frame, in order, before it ends', async () => {
    const stream = createEventStream({ maxWaiting: 100_000, lingerMillis: 60_000 });
    const received = text(stream.body);
    const frames = Array.from({ length: 1_000 }, (_, i) => frame('scored', { i }));
    for (const one of frames) expect(stream.send(one)).toBe(true);
    stream.end('event: closing\n\n', 'sent');
    expect(await received).toBe([...frames, 'event: closing\n\n'].join(''));
  });

  it('refuses what does not fit, and gives up what waits', async () => {
    const stream = createEventStream({ maxWaiting: 10, lingerMillis: 60_000 });
    expect(stream.send('0123456789')).toBe(true);
    expect(stream.send('a')).toBe(false);
    stream.end('why', 'given up');
    expect(await text(stream.body)).toBe('why');
  });

  it('takes nothing after its end', async () => {
    const stream = createEventStream({ maxWaiting: 10, lingerMillis: 60_000 });
    stream.end('last', 'sent');
    expect(stream.send('more')).toBe(true);
    stream.end('again', 'sent');
    expect(await text(stream.body)).toBe('last');
  });

  it('waits no longer than agreed for a reader that does not read', async () => {
    const stream = createEventStream({ maxWaiting: 10, lingerMillis: 1 });
    stream.end('last', 'sent');
    await once(stream.body, 'close');
    expect(stream.body.destroyed).toBe(true);
  });
});
