/** An open file. Bytes are added at its end. */
export interface OpenFile {
  /** @returns how many were written, perhaps fewer than given */
  write(bytes: Buffer): Promise<number>;
  /** Reads into `into` from `position`; 0 at the end. */
  read(into: Buffer, position: number): Promise<number>;
  /** Until what was written, and the length, have reached the disk. */
  datasync(): Promise<void>;
  truncate(length: number): Promise<void>;
  stat(): Promise<FileFacts>;
  /**
   * Whether a path still leads to this file, so that what is written here is found there. Asked before every batch, so
   * it may answer from memory for a moment; of a file that was deleted it always knows.
   */
  isAt(path: string): Promise<boolean>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly bytes: number;
  /** Device and inode: whether a path still means the file that was opened. */
  readonly identity: string;
  /** ms since 1970. */
  readonly modified: number;
  /** Permission bits. */
  readonly mode: number;
}

/** What the trail needs of a file system; tests have one that fails and loses power. */
export interface Files {
  /**
   * `create`: for adding, refusing what exists (EEXIST). `append`: what exists, for adding too. Mode 0600.
   * @param writes `durable`: each waits for the disk, as if `datasync` followed (O_DSYNC, open(2)): one call for two.
   */
  open(path: string, how: 'read' | 'create' | 'append', writes?: 'durable'): Promise<OpenFile>;
  /** Undefined where there is nothing. */
  stat(path: string): Promise<FileFacts | undefined>;
  /** The names in a folder; none where there is no folder. */
  list(dir: string): Promise<string[]>;
  /** With those above it, mode 0700; what exists stays as it is. */
  makeDir(dir: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Whether or not it is there. */
  remove(path: string): Promise<void>;
  /** Until the folder's names have reached the disk. */
  syncDir(dir: string): Promise<void>;
  /** Bytes that an ordinary user may still write to the file system. */
  free(dir: string): Promise<number>;
}
