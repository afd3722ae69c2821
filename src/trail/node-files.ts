import { type BigIntStats, constants, fstatSync } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unless } from '../store/system-error.ts';
import type { FileFacts, Files, OpenFile } from './files.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const { O_APPEND, O_CREAT, O_DSYNC, O_EXCL, O_RDONLY, O_RDWR } = constants;
const FLAGS = {
  read: O_RDONLY,
  create: O_RDWR | O_APPEND | O_CREAT | O_EXCL,
  append: O_RDWR | O_APPEND | O_CREAT,
} as const;
/** ms for which a file is believed to be where it was; a deleted one is noticed at once. */
const LOOK_AGAIN_MS = 250;

/** The system's own files, never by a call that holds the event loop up. */
export const nodeFiles: Files = {
  open: async (path, how, writes) => {
    const flags = FLAGS[how] | (writes === 'durable' ? O_DSYNC : 0);
    return new NodeFile(await open(path, flags, FILE_MODE));
  },
  stat: async (path) => {
    const found = await unless(['ENOENT', 'ENOTDIR'], stat(path, { bigint: true }));
    return found && factsOf(found);
  },
  list: async (dir) => (await unless(['ENOENT'], readdir(dir))) ?? [],
  makeDir: async (dir) => {
    const first = await mkdir(dir, { recursive: true, mode: FOLDER_MODE });
    // Each new folder is an entry of the one above it.
    for (let made = dir; first !== undefined && made.length >= first.length; made = dirname(made)) {
      await syncDir(dirname(made));
    }
  },
  rename,
  remove: async (path) => await rm(path, { force: true }),
  syncDir,
  free: async (dir) => {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  },
};

async function syncDir(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

class NodeFile implements OpenFile {
  readonly #handle: FileHandle;
  #seenAt = Number.NEGATIVE_INFINITY;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Buffer): Promise<number> {
    return (await this.#handle.write(bytes)).bytesWritten;
  }

  async read(into: Buffer, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  datasync(): Promise<void> {
    return this.#handle.datasync();
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  async stat(): Promise<FileFacts> {
    return factsOf(await this.#handle.stat({ bigint: true }));
  }

  /** The system keeps an open file's links in memory: asking costs a microsecond, a look at the path a hundred. */
  async isAt(path: string): Promise<boolean> {
    const { nlink, dev, ino } = fstatSync(this.#handle.fd, { bigint: true });
    if (nlink === 0n) return false;
    const now = performance.now();
    if (now - this.#seenAt < LOOK_AGAIN_MS) return true;
    const found = await nodeFiles.stat(path);
    if (found?.identity !== identityOf(dev, ino)) return false;
    this.#seenAt = now;
    return true;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function factsOf({ dev, ino, size, mtimeMs, mode }: BigIntStats): FileFacts {
  return {
    bytes: Number(size),
    identity: identityOf(dev, ino),
    modified: Number(mtimeMs),
    mode: Number(mode) & 0o7777,
  };
}

function identityOf(device: bigint, inode: bigint): string {
  return `${device}:${inode}`;
}
