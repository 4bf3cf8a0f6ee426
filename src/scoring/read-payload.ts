/** Reads what stands behind the frame of a registry's format. Throws where it is not what the schema describes. */
export type ReadPayload = (payload: Uint8Array) => unknown;
