export interface ReadEvent {
  readonly event: string;
  readonly data: Record<string, unknown>;
}

/** Server-sent events and comments as they come over a connection, one block at a time. */
export async function* readBlocks(response: Response): AsyncGenerator<string> {
  if (response.body === null) throw new Error('the response has no body');
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    rest += chunk;
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 2);
    }
  }
}

/** The events alone. */
export async function* readEvents(response: Response): AsyncGenerator<ReadEvent> {
  for await (const block of readBlocks(response)) {
    const [event, data] = block.split('\n');
    if (event?.startsWith('event: ') && data?.startsWith('data: ')) {
      yield { event: event.slice(7), data: JSON.parse(data.slice(6)) };
    }
  }
}

/** The next thing of a stream that must not end yet. */
export async function next<Value>(stream: AsyncGenerator<Value>): Promise<Value> {
  const { value, done } = await stream.next();
  if (done) throw new Error('the stream has ended');
  return value;
}
