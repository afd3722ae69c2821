import { TrailError } from './error.ts';
import type { Files, OpenFile } from './files.ts';

/** A file that grows by whole lines, each durable before it counts. */
export class GrowingFile {
  readonly path: string;
  readonly identity: string;
  readonly #file: OpenFile;
  #length: number;

  private constructor(path: string, open: { file: OpenFile; bytes: number; identity: string }) {
    this.path = path;
    this.#file = open.file;
    this.#length = open.bytes;
    this.identity = open.identity;
  }

  static async open(files: Files, path: string, how: 'create' | 'append'): Promise<GrowingFile> {
    const file = await files.open(path, how, 'durable');
    try {
      return new GrowingFile(path, { file, ...(await file.stat()) });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes that are durable. */
  get length(): number {
    return this.#length;
  }

  /**
   * Adds bytes and waits for the disk. After a failure nobody knows what is behind `length`, and a later fdatasync
   * that succeeds says nothing (Linux marks pages clean that it could not write: PostgreSQL's "fsyncgate" of 2018),
   * so the file is not to be added to again.
   *
   * @throws TrailError where the path no longer leads to this file: what is written into a removed one is lost.
   */
  async append(bytes: Buffer): Promise<void> {
    await writeAll(this.#file, bytes);
    if (!(await this.#file.isAt(this.path))) {
      throw new TrailError('its files were removed or replaced: leave them to the gateway');
    }
    this.#length += bytes.length;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/** write(2) may take a part, as it does before the disk is full. */
export async function writeAll(file: OpenFile, bytes: Buffer): Promise<void> {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
}

/** Adds bytes to a file that nobody has open, and waits for the disk. */
export async function appendBytes(files: Files, path: string, bytes: Buffer): Promise<void> {
  const file = await GrowingFile.open(files, path, 'append');
  try {
    await file.append(bytes);
  } finally {
    await file.close();
  }
}

/**
 * Takes back what lies behind `length` in a file that nobody has open, and waits for the disk.
 * @param identity of the file that is meant; another one in its place is left alone
 * @returns bytes cut off
 */
export async function cutBack(
  files: Files,
  { path, identity }: { readonly path: string; readonly identity: string | undefined },
  length: number,
): Promise<number> {
  const found = await files.stat(path);
  if (found === undefined || (identity !== undefined && found.identity !== identity)) return 0;
  const file = await files.open(path, 'append');
  try {
    const torn = Math.max(found.bytes - length, 0);
    if (torn > 0) await file.truncate(length);
    await file.datasync();
    return torn;
  } finally {
    await file.close();
  }
}
