/**
 * Where things lie in the head of a record batch of format 2, in bytes, and the bits of its attributes
 * (https://kafka.apache.org/documentation/#recordbatch).
 */
export const RECORD_BATCH_MAGIC = 2;

export const LENGTH_AT = 8;
/** The leader's epoch; what the length of a batch counts begins with it. */
export const EPOCH_AT = 12;
/** The number of the format; of older ones too it is at this byte. */
export const MAGIC_AT = 16;
export const CHECKSUM_AT = 17;
/** What the checksum covers begins with them. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const FIRST_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const COUNT_AT = 57;
/** Before the records. */
export const HEAD_BYTES = 61;

/** Bits of the attributes. */
export const CODEC = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;

/** Of a record: the length of a key or a value that is null. */
export const NULL_LENGTH = -1;
