import { describe, expect, it } from 'vitest';
import { forgetMember, memberOf, watchGenerations } from '../../src/streams/kafka/group-generations.js';
import { freshName } from './reader.js';
import { askForPartitions } from './sync-group.js';

describe('a member of a group', () => {
  it('is of the generation in which it has asked for its partitions the last time', () => {
    const group = freshName('group');
    watchGenerations(group);
    askForPartitions(group, 'worker-1', 4);
    askForPartitions(group, 'worker-2', 5);
    expect(memberOf(group, 'worker-1')).toEqual({ memberId: 'worker-1', generationId: 4 });
    // Two joins at once are told of one after the other.
    askForPartitions(group, 'worker-1', 6);
    askForPartitions(group, 'worker-1', 7);
    for (let told = 0; told < 2; told += 1)
      expect(memberOf(group, 'worker-1')).toEqual({ memberId: 'worker-1', generationId: 7 });
    expect(memberOf(group, 'worker-2')).toEqual({ memberId: 'worker-2', generationId: 5 });
  });

  it('is none before it has asked, and once it is forgotten', () => {
    const group = freshName('group');
    watchGenerations(group);
    expect(memberOf(group, 'worker-1')).toBeUndefined();
    askForPartitions(group, 'worker-1', 4);
    forgetMember(group, 'worker-1');
    expect(memberOf(group, 'worker-1')).toBeUndefined();
  });

  it('is not noted of groups that nobody watches', () => {
    const group = freshName('group');
    askForPartitions(group, 'worker-1', 4);
    expect(memberOf(group, 'worker-1')).toBeUndefined();
  });
});
