import { dirname, join } from 'node:path';
import type { FileFacts, Files, OpenFile } from '../../src/trail/files.ts';

/** What the process sees of a file, and what would be left of it after a loss of power. */
interface Inode {
  readonly number: number;
  bytes: Buffer;
  durable: Buffer;
  modified: number;
}

interface Folder {
  names: Map<string, Inode>;
  durable: Map<string, Inode>;
}

/** A call that changes something. */
export interface Call {
  readonly what: 'create' | 'write' | 'datasync' | 'truncate' | 'rename' | 'remove' | 'syncDir' | 'makeDir';
  readonly path: string;
}

/** A call of a dead process does not come back. */
const never = (): Promise<never> => new Promise<never>(() => undefined);

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made up by a test`), { code });
}

/** A disk in memory that can fail, fill up, stop answering and lose its power at any call. */
export class MemoryFiles implements Files {
  readonly #folders = new Map<string, Folder>();
  readonly calls: Call[] = [];
  /** Asked before each call that changes something; an error is thrown. */
  fault: (call: Call) => Error | undefined = () => undefined;
  /** Bytes of the disk that are free. */
  space = Number.MAX_SAFE_INTEGER;
  /** The process is dead from this call on; a write is done to a half. */
  dieAt = Number.POSITIVE_INFINITY;
  /** ms since 1970, for files that are changed. */
  now = 0;
  /** Each write takes so many bytes at most. */
  portion = Number.POSITIVE_INFINITY;
  #hanging: { readonly what: Call['what']; readonly answer: Promise<void> } | undefined;
  readonly #death = Promise.withResolvers<void>();
  #inodes = 0;

  /** Resolves once the process is dead. */
  get died(): Promise<void> {
    return this.#death.promise;
  }

  get dead(): boolean {
    return this.calls.length >= this.dieAt;
  }

  /** What a process that begins after a SIGKILL finds: everything that was written. */
  afterKill(): MemoryFiles {
    return this.#copy(
      (folder) => folder.names,
      (inode) => inode.bytes,
    );
  }

  /** What is found after a loss of power: only what was synced, and of the rest of a file as much as `keep` says. */
  afterPowerLoss(keep: (unsynced: Buffer) => Buffer): MemoryFiles {
    return this.#copy(
      (folder) => folder.durable,
      ({ bytes, durable }) =>
        bytes.length > durable.length && bytes.subarray(0, durable.length).equals(durable)
          ? Buffer.concat([durable, keep(bytes.subarray(durable.length))])
          : durable,
    );
  }

  #copy(names: (folder: Folder) => Map<string, Inode>, bytes: (inode: Inode) => Buffer): MemoryFiles {
    const copy = new MemoryFiles();
    for (const [dir, folder] of this.#folders) {
      const entries = new Map<string, Inode>();
      for (const [name, inode] of names(folder)) {
        copy.#inodes += 1;
        const text = Buffer.from(bytes(inode));
        entries.set(name, { number: copy.#inodes, bytes: text, durable: text, modified: inode.modified });
      }
      copy.#folders.set(dir, { names: entries, durable: new Map(entries) });
    }
    return copy;
  }

  /** The text of a file; undefined where there is none. */
  text(path: string): string | undefined {
    return this.#folder(dirname(path))?.names.get(basename(path))?.bytes.toString();
  }

  /** Puts a text in a file's place, as somebody else would. */
  put(path: string, text: string | Buffer): void {
    const folder = this.#folder(dirname(path));
    if (folder === undefined) throw new Error(`no folder for ${path}`);
    this.#inodes += 1;
    const bytes = Buffer.from(text);
    const inode = { number: this.#inodes, bytes, durable: bytes, modified: this.now };
    folder.names.set(basename(path), inode);
    folder.durable.set(basename(path), inode);
  }

  /** Takes a folder away with all that is in it. */
  removeDir(dir: string): void {
    this.#folders.delete(dir);
  }

  /** Lets calls wait. @returns what lets them go on */
  hang(what: Call['what']): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#hanging = { what, answer: promise };
    return () => {
      this.#hanging = undefined;
      resolve();
    };
  }

  async #change(call: Call): Promise<void> {
    await Promise.resolve();
    if (this.dead) await never();
    this.calls.push(call);
    if (this.dead) this.#death.resolve();
    if (this.#hanging?.what === call.what) await this.#hanging.answer;
    const fault = this.fault(call);
    if (fault !== undefined) throw fault;
    if (this.dead && call.what !== 'write') await never();
  }

  async open(path: string, how: 'read' | 'create' | 'append', writes?: 'durable'): Promise<OpenFile> {
    const folder = this.#folder(dirname(path));
    const found = folder?.names.get(basename(path));
    if (found !== undefined && how === 'create') throw systemError('EEXIST');
    if (found !== undefined) return this.#opened(path, found, writes);
    if (how === 'read' || folder === undefined) throw systemError('ENOENT');
    await this.#change({ what: 'create', path });
    this.#inodes += 1;
    const inode = {
      number: this.#inodes,
      bytes: Buffer.alloc(0),
      durable: Buffer.alloc(0),
      modified: this.now,
    };
    folder.names.set(basename(path), inode);
    return this.#opened(path, inode, writes);
  }

  #opened(path: string, inode: Inode, writes: 'durable' | undefined): OpenFile {
    return {
      write: async (bytes) => {
        await this.#change({ what: 'write', path });
        const most = Math.min(bytes.length, this.space, this.portion);
        if (bytes.length > 0 && most === 0) throw systemError('ENOSPC');
        const taken = bytes.subarray(0, this.dead ? Math.floor(most / 2) : most);
        inode.bytes = Buffer.concat([inode.bytes, taken]);
        inode.modified = this.now;
        this.space -= taken.length;
        if (this.dead) await never();
        if (writes !== 'durable') return taken.length;
        await this.#change({ what: 'datasync', path });
        inode.durable = inode.bytes;
        return taken.length;
      },
      read: async (into, position) => {
        await Promise.resolve();
        return inode.bytes.copy(into, 0, position);
      },
      datasync: async () => {
        await this.#change({ what: 'datasync', path });
        inode.durable = inode.bytes;
      },
      truncate: async (length) => {
        await this.#change({ what: 'truncate', path });
        inode.bytes = inode.bytes.subarray(0, length);
      },
      stat: async () => factsOf(inode),
      isAt: async (at) => (await this.stat(at))?.identity === factsOf(inode).identity,
      close: async () => undefined,
    };
  }

  async stat(path: string): Promise<FileFacts | undefined> {
    await Promise.resolve();
    if (this.dead) await never();
    const inode = this.#folder(dirname(path))?.names.get(basename(path));
    if (inode !== undefined) return factsOf(inode);
    return this.#folders.has(path) ? { bytes: 0, identity: path, modified: 0, mode: 0o700 } : undefined;
  }

  async list(dir: string): Promise<string[]> {
    return [...(this.#folder(dir)?.names.keys() ?? [])];
  }

  async makeDir(dir: string): Promise<void> {
    if (this.#folders.has(dir)) return;
    await this.#change({ what: 'makeDir', path: dir });
    this.#folders.set(dir, { names: new Map(), durable: new Map() });
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#change({ what: 'rename', path: to });
    const folder = this.#folder(dirname(from));
    const inode = folder?.names.get(basename(from));
    if (folder === undefined || inode === undefined) throw systemError('ENOENT');
    folder.names.delete(basename(from));
    folder.names.set(basename(to), inode);
  }

  async remove(path: string): Promise<void> {
    const folder = this.#folder(dirname(path));
    if (folder?.names.has(basename(path)) !== true) return;
    await this.#change({ what: 'remove', path });
    folder.names.delete(basename(path));
  }

  async syncDir(dir: string): Promise<void> {
    await this.#change({ what: 'syncDir', path: dir });
    const folder = this.#folder(dir);
    if (folder === undefined) throw systemError('ENOENT');
    folder.durable = new Map(folder.names);
  }

  async free(): Promise<number> {
    return this.space;
  }

  #folder(dir: string): Folder | undefined {
    return this.#folders.get(join(dir));
  }
}

function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function factsOf({ bytes, number, modified }: Inode): FileFacts {
  return { bytes: bytes.length, identity: `0:${number}`, modified, mode: 0o600 };
}
