/** Names that are all strings or numbers to JavaScript and must not be mixed up. */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Id of a post, unique within its topic; the record's key on every topic. */
export type PostId = Branded<string, 'PostId'>;
/** Id of a brand as configured (`[a-z0-9-]+`), or one of the two built-in ones. */
export type BrandId = Branded<string, 'BrandId'>;
/** Milliseconds since the epoch, UTC. */
export type EpochMillis = Branded<number, 'EpochMillis'>;
/**
 * Number of a partition's assignment to this process, growing with every assignment. What was read
 * under an older one must never be committed.
 */
export type AssignmentEpoch = Branded<number, 'AssignmentEpoch'>;
/** Where a source stands, in words that only the source reads. */
export type SourceCursor = Branded<string, 'SourceCursor'>;

// The casts below are the only way in: they turn a checked value into its branded type.
export const postId = (value: string): PostId => value as PostId;
export const brandId = (value: string): BrandId => value as BrandId;
export const epochMillis = (value: number): EpochMillis => value as EpochMillis;
export const assignmentEpoch = (value: number): AssignmentEpoch => value as AssignmentEpoch;
export const sourceCursor = (value: string): SourceCursor => value as SourceCursor;

/** Name of a set of windows: part of the keys in the store. */
export const NAMESPACE = /^[a-z0-9-]{1,64}$/;

/** Counts every post once, whatever its brands. */
export const ALL_BRANDS = brandId('_all');
/** Counts the posts that belong to no configured brand. */
export const OTHER_BRANDS = brandId('_other');
