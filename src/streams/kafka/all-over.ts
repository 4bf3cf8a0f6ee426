/** Waits until none is under way any more, also where one fails: what comes next must not overtake it. Throws the first failure. */
export async function allOver(requests: readonly unknown[]): Promise<void> {
  for (const result of await Promise.allSettled(requests))
    if (result.status === 'rejected') throw result.reason;
}
