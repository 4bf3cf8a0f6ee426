import { createRequire } from 'node:module';
import type { Kafka } from 'kafkajs';

/**
 * The inner parts of kafkajs 2.2.4 that requests are made of. It closes none of its files to others and looks a request's
 * definitions up whenever it sends one, so that they can be added to; nothing promises that another version of it has the
 * same, so its version is fixed, and tests hold what is done here against a real broker and against kafkajs' own bytes.
 */
const fromHere = createRequire(import.meta.url);
const loaded = new Map<string, unknown>();

/** Kept here: Node looks for a file anew each time that it is asked for one, and this is asked for with every request. */
function load(file: string): unknown {
  const known = loaded.get(file) ?? fromHere(file);
  loaded.set(file, known);
  return known;
}

/** The versions of a request that kafkajs knows, and how each is made and its answer read. */
export interface RequestDefinitions<Question> {
  readonly versions: string[];
  protocol(which: { readonly version: number }): (question: Question) => Exchange;
}

export interface Exchange {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<Encoded>;
  };
  readonly response: {
    readonly decode: (bytes: Buffer) => Promise<object>;
    readonly parse: (answer: object) => Promise<object>;
  };
}

/** What kafkajs sends; of an encoder the bytes that it has written, and before that their memory. */
export interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}

/** The part of protocol/encoder.js that is used; the compact arrays and strings of newer requests are its `UVarInt` ones. */
export interface Encoder extends Encoded {
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: string): Encoder;
  writeBoolean(value: boolean): Encoder;
  writeUVarIntString(value: string | null): Encoder;
  writeUVarIntArray(values: readonly Encoder[]): Encoder;
  /** Without an argument: no tagged fields. */
  writeUVarIntBytes(): Encoder;
}

/** The part of protocol/decoder.js that is used. */
export interface Decoder {
  readInt16(): number;
  readInt32(): number;
  readInt64(): bigint;
  readString(): string | null;
  /** Fewer than asked for where they end before. */
  readBytes(length: number): Buffer;
  readUVarIntString(): string | null;
  readUVarIntArray<Element>(read: (decoder: Decoder) => Element): Element[];
  readTaggedFields(): void;
}

/** @param request its folder in protocol/requests; the caller says what kafkajs asks it with */
export function definitionsOf<Question>(
  request: 'fetch' | 'offsetFetch' | 'produce' | 'syncGroup' | 'txnOffsetCommit',
): RequestDefinitions<Question> {
  return load(`kafkajs/src/protocol/requests/${request}`) as RequestDefinitions<Question>;
}

const redefined = new Set<string>();

/**
 * Changes how a request is made or its answer read, once in a process, however often it is called for.
 *
 * @param change is given how kafkajs does it
 */
export function redefine<Question>(
  request: Parameters<typeof definitionsOf>[0],
  change: (known: RequestDefinitions<Question>['protocol']) => RequestDefinitions<Question>['protocol'],
): void {
  if (redefined.has(request)) return;
  redefined.add(request);
  const definitions = definitionsOf<Question>(request);
  definitions.protocol = change(definitions.protocol);
}

/**
 * Adds a newer version of a request to those that kafkajs knows.
 *
 * @param change is given how kafkajs does it, which of a version that it does not know takes the last that it does
 */
export function addVersion<Question>(
  request: Parameters<typeof definitionsOf>[0],
  added: number,
  change: (known: RequestDefinitions<Question>['protocol']) => RequestDefinitions<Question>['protocol'],
): void {
  redefine<Question>(request, (known) => {
    const { versions } = definitionsOf(request);
    const last = Math.max(...versions.map(Number));
    versions.push(String(added));
    return change(({ version }) => known({ version: Math.min(version, last) }));
  });
}

/** Of all encoders. */
export interface EncoderPrototype {
  writeEncoder(this: { buf: Buffer; offset: number }, value: Encoded): unknown;
}

export function encoderPrototype(): EncoderPrototype {
  return (load('kafkajs/src/protocol/encoder') as { readonly prototype: EncoderPrototype }).prototype;
}

export function newEncoder(): Encoder {
  const KafkajsEncoder = load('kafkajs/src/protocol/encoder') as new () => Encoder;
  return new KafkajsEncoder();
}

export function newDecoder(bytes: Buffer): Decoder {
  const KafkajsDecoder = load('kafkajs/src/protocol/decoder') as new (bytes: Buffer) => Decoder;
  return new KafkajsDecoder(bytes);
}

/** What a MessageSet holds, of the formats before record batches. */
export interface DecodedMessage {
  readonly offset: string;
}

/** @param bytes as a fetch has them: the last message may be cut off, and is left out then */
export function decodeMessageSet(bytes: Buffer): Promise<DecodedMessage[]> {
  const decode = load('kafkajs/src/protocol/messageSet/decoder') as (
    decoder: Decoder,
    size: number,
  ) => Promise<DecodedMessage[]>;
  return decode(newDecoder(bytes), bytes.length);
}

/** Whom a broker takes a transaction from; the epoch tells a producer from those before it with the same id. */
export interface ProducerIdentity {
  readonly transactionalId: string;
  /** A number of 64 bits. */
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** The part of broker/index.js that is used: one request and its answer each. */
export interface Broker {
  readonly nodeId: number | string;
  initProducerId(question: {
    readonly transactionalId: string;
    readonly transactionTimeout: number;
  }): Promise<Omit<ProducerIdentity, 'transactionalId'>>;
  addOffsetsToTxn(question: ProducerIdentity & { readonly groupId: string }): Promise<unknown>;
  addPartitionsToTxn(
    question: ProducerIdentity & {
      readonly topics: ReadonlyArray<{ readonly topic: string; readonly partitions: readonly number[] }>;
    },
  ): Promise<unknown>;
  txnOffsetCommit(
    question: ProducerIdentity & { readonly groupId: string; readonly topics: readonly OffsetsOfTopic[] },
  ): Promise<unknown>;
  endTxn(question: ProducerIdentity & { readonly transactionResult: boolean }): Promise<unknown>;
  produce(
    question: ProducerIdentity & {
      readonly acks: number;
      readonly topicData: ReadonlyArray<{
        readonly topic: string;
        readonly partitions: ReadonlyArray<{
          readonly partition: number;
          readonly firstSequence: number;
          readonly messages: object;
        }>;
      }>;
    },
  ): Promise<unknown>;
}

export interface OffsetsOfTopic {
  readonly topic: string;
  readonly partitions: ReadonlyArray<{ readonly partition: number; readonly offset: string }>;
}

/** The part of cluster/index.js that is used: connections to the brokers, and what they know of each other. */
export interface Cluster {
  isConnected(): boolean;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(which: { readonly nodeId: number | string }): Promise<Broker>;
  findGroupCoordinator(question: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<Broker>;
  /** Partitions by the broker that leads them; without those that the metadata do not have. */
  findLeaderForPartitions(
    topic: string,
    partitions: readonly number[],
  ): Readonly<Record<string, readonly number[]>>;
}

const METADATA_AGE_MILLIS = 300_000;

/** Connections of one's own, made and logged in as all of a client are: what its producers and consumers stand on. */
export function newCluster(kafka: Kafka): Cluster {
  const create = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  if (create === undefined) throw new TypeError('this version of kafkajs makes its clusters elsewhere');
  const createCluster: (settings: object) => Cluster = Reflect.get(kafka, create);
  return createCluster({ metadataMaxAge: METADATA_AGE_MILLIS, allowAutoTopicCreation: false });
}
