/** The trail cannot be opened, read or purged. One line: what, and the mend. */
export class TrailError extends Error {
  override readonly name = 'TrailError';
}

/** What was to be committed is not known to be durable, so whatever waits for it must not happen. */
export class TrailUnavailable extends Error {
  override readonly name = 'TrailUnavailable';
}

/** The system's codes in words for whoever runs the gateway. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'no space is left on the disk: make room'],
  ['EDQUOT', 'the disk quota is used up: make room, or raise it'],
  ['EROFS', 'the file system is read-only: mount it for writing'],
  ['EACCES', 'this user may not write there: let it'],
  ['EPERM', 'this user may not write there: let it'],
  ['EIO', 'the disk fails to write: look at it, and at the kernel’s log'],
  ['EFBIG', 'a file may not grow further: raise the limit of file sizes'],
  ['EMFILE', 'no file descriptor is left: raise the limit of open files'],
  ['ENFILE', 'no file descriptor is left: raise the limit of open files'],
  ['EEXIST', 'a file that is not ours is in the way: move it away'],
  ['ENOENT', 'the directory is gone'],
  ['ENOTDIR', 'a file is where a folder should be: move it away'],
]);

/** Why a file operation failed, and the mend, without the path. */
export function faultReason(error: unknown): string {
  if (error instanceof TrailError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  return REASONS.get(code ?? '') ?? `it cannot be written (${code ?? String(error)})`;
}
