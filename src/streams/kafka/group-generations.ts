import { redefine } from './kafkajs-protocol.js';

/** A member of a group from one rebalance to the next. The coordinator refuses what it is sent in the name of an older one. */
export interface GroupMember {
  readonly memberId: string;
  readonly generationId: number;
}

interface Question {
  readonly groupId: string;
  readonly memberId: string;
  readonly generationId: number;
}

/** By group and member; only of groups that are watched. */
const generations = new Map<string, Map<string, number>>();

/**
 * Tells from now on in which generations members of a group of this process are: kafkajs tells no one, but names it to the
 * broker when it asks for its partitions.
 */
export function watchGenerations(group: string): void {
  redefine<Question>('syncGroup', (known) => (which) => {
    const define = known(which);
    return (question) => {
      generations.get(question.groupId)?.set(question.memberId, question.generationId);
      return define(question);
    };
  });
  if (!generations.has(group)) generations.set(group, new Map());
}

/**
 * A member of a group that is watched, as it has asked for its partitions the last time. None of a name that has not: kafkajs
 * may begin a join while another one is under way, which is then told of under the name that it has been given.
 */
export function memberOf(group: string, memberId: string): GroupMember | undefined {
  const generationId = generations.get(group)?.get(memberId);
  return generationId === undefined ? undefined : { memberId, generationId };
}

/** Of a member that has a new name. */
export function forgetMember(group: string, memberId: string): void {
  generations.get(group)?.delete(memberId);
}
