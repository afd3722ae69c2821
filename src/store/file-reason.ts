export const NO_SUCH_FILE = 'no such file';

/** The system's codes in words that a person who owns the file understands. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', NO_SUCH_FILE],
  ['EACCES', 'this user may not read it'],
  ['EISDIR', 'a folder, not a file'],
]);

/** Why a file could not be read, without its path, for a line that begins with it. */
export function fileReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return REASONS.get(code) ?? `cannot be read: ${String(code ?? error)}`;
}
