import type { BigIntStats } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { unless } from '../store/system-error.ts';
import type { FileFacts, Files, OpenFile } from './files.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const FLAGS = { read: 'r', create: 'ax+', append: 'a+' } as const;

/** The system's own files, never by a call that holds the event loop up. */
export const nodeFiles: Files = {
  open: async (path, how) => new NodeFile(await open(path, FLAGS[how], FILE_MODE)),
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

  close(): Promise<void> {
    return this.#handle.close();
  }
}

function factsOf({ dev, ino, size, mtimeMs, mode }: BigIntStats): FileFacts {
  return {
    bytes: Number(size),
    identity: `${dev}:${ino}`,
    modified: Number(mtimeMs),
    mode: Number(mode) & 0o7777,
  };
}
