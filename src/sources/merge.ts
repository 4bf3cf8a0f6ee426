interface Taken<Item> {
  readonly sequence: AsyncIterator<Item>;
  readonly result: IteratorResult<Item> | { readonly error: unknown };
}

/**
 * The items of several sequences as they come, each in its own order. A sequence is asked for its next item when its
 * last one has been taken, so that one of each waits at most.
 */
export async function* merge<Item>(sequences: readonly AsyncIterator<Item>[]): AsyncGenerator<Item> {
  const ready: Taken<Item>[] = [];
  let wake = (): void => {};
  let open = sequences.length;
  const ask = (sequence: AsyncIterator<Item>): void => {
    const put = (result: Taken<Item>['result']): void => {
      ready.push({ sequence, result });
      wake();
    };
    sequence.next().then(put, (error: unknown) => put({ error }));
  };
  for (const sequence of sequences) ask(sequence);
  while (open > 0) {
    const taken = ready.shift();
    if (taken === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    } else if ('error' in taken.result) {
      throw taken.result.error;
    } else if (taken.result.done === true) {
      open -= 1;
    } else {
      yield taken.result.value;
      ask(taken.sequence);
    }
  }
}
