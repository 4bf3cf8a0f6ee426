import { KafkaJSProtocolError } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { type Assignment, Assignments } from '../../src/streams/assignment.js';
import { OffsetCommits } from '../../src/streams/kafka/offset-commits.js';

type Request = ReadonlyArray<{ readonly partition: number; readonly offset: string }>;

const protocolError = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(type), { type, code: 0, retriable: true }));

/** Commits of two partitions, and a coordinator that answers as it is told. */
function setUp(answer: () => Promise<void>, intervalMillis = 0) {
  const requests: Request[] = [];
  const assignments = new Assignments();
  const [first, second] = assignments.renew([0, 1]);
  if (first === undefined || second === undefined) throw new Error('no assignments');
  const commits = new OffsetCommits('posts', intervalMillis);
  for (const assignment of [first, second]) {
    commits.note(assignment, async (offsets) => {
      requests.push(offsets?.topics[0]?.partitions ?? []);
      await answer();
    });
  }
  const commit = (assignment: Assignment, offset: number) => commits.commit(assignment, offset);
  return { requests, assignments, first, second, commit };
}

describe('commits of offsets', () => {
  it('go together in one request', async () => {
    const { requests, first, second, commit } = setUp(async () => {});
    expect(await Promise.all([commit(first, 10), commit(second, 20), commit(first, 15)])).toEqual([
      'settled',
      'settled',
      'settled',
    ]);
    expect(requests).toEqual([
      [
        { partition: 0, offset: '15' },
        { partition: 1, offset: '20' },
      ],
    ]);
  });

  it('are some time apart, and those that come meanwhile go together', async () => {
    const { requests, first, second, commit } = setUp(async () => {}, 50);
    await commit(first, 10);
    const begun = performance.now();
    const later = [commit(first, 20)];
    await new Promise((resolve) => setTimeout(resolve, 5));
    later.push(commit(first, 30), commit(second, 5));
    await Promise.all(later);
    // Timers may be a millisecond early.
    expect(performance.now() - begun).toBeGreaterThan(45);
    expect(requests.slice(1)).toEqual([
      [
        { partition: 0, offset: '30' },
        { partition: 1, offset: '5' },
      ],
    ]);
  });

  it('that come while one is under way wait for it', async () => {
    let answer = () => {};
    let asked = () => {};
    const request = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const { requests, first, second, commit } = setUp(() => {
      asked();
      return new Promise((resolve) => {
        answer = resolve;
      });
    });
    const one = commit(first, 10);
    await request;
    const others = [commit(first, 20), commit(second, 5), commit(first, 30)];
    answer();
    expect(await one).toBe('settled');
    while (requests.length < 2) await new Promise(setImmediate);
    answer();
    expect(await Promise.all(others)).toEqual(['settled', 'settled', 'settled']);
    expect(requests[1]).toEqual([
      { partition: 0, offset: '30' },
      { partition: 1, offset: '5' },
    ]);
  });

  it.each(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'])(
    'are dropped, not tried again, on %s',
    async (type) => {
      const { requests, first, commit } = setUp(async () => {
        throw protocolError(type);
      });
      expect(await commit(first, 10)).toBe('dropped');
      expect(requests).toHaveLength(1);
    },
  );

  it('are tried again while the coordinator moves', async () => {
    let failures = 2;
    const { requests, first, commit } = setUp(async () => {
      failures -= 1;
      if (failures >= 0) throw protocolError('NOT_COORDINATOR_FOR_GROUP');
    });
    expect(await commit(first, 10)).toBe('settled');
    expect(requests).toHaveLength(3);
  });

  it('ask for another join where kafkajs goes on asking a broker that is no coordinator, and fail after that', async () => {
    const answer = protocolError('NOT_COORDINATOR_FOR_GROUP');
    const { requests, first, commit } = setUp(async () => {
      throw answer;
    });
    expect(await commit(first, 10)).toBe('no-coordinator');
    expect(requests).toHaveLength(5);

    // After the join, and nothing was committed since.
    await expect(commit(first, 10)).rejects.toBe(answer);
  });

  it('of an assignment that ended meanwhile are never sent', async () => {
    const { requests, assignments, first, commit } = setUp(async () => {});
    const late = commit(first, 10);
    assignments.renew([0]);
    expect(await late).toBe('dropped');
    expect(requests).toEqual([]);
  });
});
