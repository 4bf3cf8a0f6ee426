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

/** The events alone, each with its id where it has one. */
export async function* readNumberedEvents(
  response: Response,
): AsyncGenerator<ReadEvent & { readonly id?: string }> {
  for await (const block of readBlocks(response)) {
    const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)));
    const { id, event, data } = fields;
    if (event !== undefined && data !== undefined) {
      yield { event, data: JSON.parse(data), ...(id !== undefined && { id }) };
    }
  }
}

/** The events without their ids. */
export async function* readEvents(response: Response): AsyncGenerator<ReadEvent> {
  for await (const { event, data } of readNumberedEvents(response)) yield { event, data };
}

/** The next thing of a stream that must not end yet. */
export async function next<Value>(stream: AsyncGenerator<Value>): Promise<Value> {
  const { value, done } = await stream.next();
  if (done) throw new Error('the stream has ended');
  return value;
}
