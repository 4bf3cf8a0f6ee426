import { SentifluxError } from '../../contracts/errors.js';

/** Where in a topic a record batch lies: its first offset. */
export interface BatchPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

const HINT =
  "Read them with Kafka's own consumer; where that fails too, the log is damaged: move the group behind them.";

/**
 * What a broker sent that is no batch of records. kafkajs gives up at once what says that it is not retriable; what does
 * not say so it would fetch again, for ever.
 */
export function brokenRecords(
  { topic, partition, offset }: BatchPlace,
  what: string,
  hint = HINT,
): SentifluxError {
  const message = `the records from offset ${offset} on of ${topic}, partition ${partition}, cannot be read: ${what}.`;
  return notRetriable(new SentifluxError('SF_STREAM_CRASHED', message, { hint }));
}

/** A whole answer that cannot be read. */
export function brokenAnswer(what: string): SentifluxError {
  const message = `the broker's answer to a fetch cannot be read: ${what}.`;
  return notRetriable(new SentifluxError('SF_STREAM_CRASHED', message));
}

/** @param version of the fetches that the broker answers */
export function brokerTooOld(version: number): SentifluxError {
  const message = `the broker answers fetches of version ${version}, as Kafka did before 2.3.`;
  return notRetriable(new SentifluxError('SF_STREAM_CRASHED', message, { hint: 'Run Kafka 2.3 or later.' }));
}

function notRetriable(error: SentifluxError): SentifluxError {
  return Object.assign(error, { retriable: false });
}
