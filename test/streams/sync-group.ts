import { definitionsOf } from '../../src/streams/kafka/kafkajs-protocol.js';

/** What kafkajs does when a member asks for its partitions, up to the request. */
export function askForPartitions(groupId: string, memberId: string, generationId: number): void {
  const question = { groupId, memberId, generationId, groupAssignment: [] };
  definitionsOf<typeof question>('syncGroup').protocol({ version: 1 })(question);
}
