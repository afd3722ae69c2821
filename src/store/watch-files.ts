import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FolderWatchers } from './folder-watchers.ts';

/** Quiet time after an event before the files are looked at: a writer's truncate and write are one change. */
const SETTLE_MS = 40;
/** A writer that never rests is looked at this often all the same. */
const SETTLE_AT_MOST_MS = 250;
/** The net below the events: bind mounts and network mounts deliver none. A change counts within 1 s. */
const POLL_MS = 500;

export interface WatchFilesOptions {
  readonly settleMs?: number;
  readonly pollMs?: number;
}

/**
 * Calls `onChange` when a file in the list changes: written in place, replaced by a rename, its link turned
 * to another file, removed, come (back), or its mode changed. Files need not exist. Call it *before* reading
 * the files for the first time, so that no change falls in between.
 *
 * `paths` is asked anew at every look. A path that it newly names counts as a change, because the file may
 * have changed between being read and being named; so `onChange` may come once too often, never too seldom.
 *
 * What is compared is the inode, size, mode and times, not the text: secrets are not read for it. It does
 * not keep the process alive. `onChange` must not throw.
 */
export function watchFiles(
  paths: () => readonly string[],
  onChange: () => void,
  options: WatchFilesOptions = {},
): { close(): void } {
  const watch = new FilesWatch(paths, onChange, options);
  return { close: () => watch.close() };
}

class FilesWatch {
  readonly #paths: () => readonly string[];
  readonly #onChange: () => void;
  readonly #settleMs: number;
  readonly #folders = new FolderWatchers(() => this.#settle());
  readonly #poll: NodeJS.Timeout;
  #seen: Map<string, string>;
  #settling: { timer: NodeJS.Timeout; readonly since: number } | undefined;
  #looking = false;
  #lookAgain = false;
  #closed = false;

  constructor(paths: () => readonly string[], onChange: () => void, options: WatchFilesOptions) {
    this.#paths = paths;
    this.#onChange = onChange;
    this.#settleMs = options.settleMs ?? SETTLE_MS;
    this.#seen = new Map(paths().map((path) => [path, markNow(path)]));
    this.#poll = setInterval(() => this.#lookIfIdle(), options.pollMs ?? POLL_MS).unref();
    void this.#look();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#settling?.timer);
    this.#folders.close();
  }

  #settle(): void {
    if (this.#closed) return;
    const now = performance.now();
    const since = this.#settling?.since ?? now;
    clearTimeout(this.#settling?.timer);
    const wait = Math.max(0, Math.min(this.#settleMs, since + SETTLE_AT_MOST_MS - now));
    this.#settling = { timer: setTimeout(() => void this.#look(), wait).unref(), since };
  }

  /** Between an event and its look a writer may be half way: the poll leaves that look to its time. */
  #lookIfIdle(): void {
    if (this.#settling === undefined) void this.#look();
  }

  /** One look at a time: a slow disk must not pile them up, and two could tell of one change twice. */
  async #look(): Promise<void> {
    clearTimeout(this.#settling?.timer);
    this.#settling = undefined;
    this.#lookAgain = true;
    if (this.#looking) return;
    this.#looking = true;
    while (this.#lookAgain && !this.#closed) {
      this.#lookAgain = false;
      await this.#compare();
    }
    this.#looking = false;
  }

  async #compare(): Promise<void> {
    const paths = this.#paths();
    // The folders first: a change after the marks are taken then wakes us again.
    await this.#folders.follow(paths);
    const marks = await Promise.all(paths.map(async (path) => [path, await markOf(path)] as const));
    if (this.#closed) return;
    const before = this.#seen;
    this.#seen = new Map(marks);
    if (marks.some(([path, mark]) => before.get(path) !== mark)) this.#onChange();
  }
}

interface Stats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** Equal marks, equal file: ctime moves with every write and every chmod. */
function mark(found: Stats): string {
  return [found.dev, found.ino, found.mode, found.size, found.mtimeNs, found.ctimeNs].join(':');
}

function markNow(path: string): string {
  try {
    return mark(statSync(path, { bigint: true }));
  } catch (error) {
    return absence(error);
  }
}

async function markOf(path: string): Promise<string> {
  try {
    return mark(await stat(path, { bigint: true }));
  } catch (error) {
    return absence(error);
  }
}

/** A file that is not there and one that may not be looked at are two states of their own. */
function absence(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
