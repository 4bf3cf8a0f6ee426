/** What an attribute `error.type` says of an error: its code where it has one, or else its class. Never its message. */
export function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
