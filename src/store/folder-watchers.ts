import { type FSWatcher, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

interface WatchedFolder {
  readonly watcher: FSWatcher;
  /** Device and inode: a folder that was removed and made again needs a new watcher. */
  readonly identity: string;
}

/**
 * One `fs.watch` for each folder in which a watched file lies. Folders and not files, because an editor's
 * atomic rename and Kubernetes' swap of the `..data` link put another inode in a file's place, of which a
 * watcher of the old one never hears.
 *
 * Watching is a hint: where the system offers none (a network mount, no inotify watch left, a folder not yet
 * there) the folder is left out, and tried again at the next `follow`.
 */
export class FolderWatchers {
  readonly #folders = new Map<string, WatchedFolder>();
  readonly #onEvent: () => void;
  #closed = false;

  constructor(onEvent: () => void) {
    this.#onEvent = onEvent;
  }

  /** Watches the folders of these files, those that links lead to included, and no others. */
  async follow(paths: readonly string[]): Promise<void> {
    const wanted = new Set((await Promise.all(paths.map(foldersOf))).flat());
    for (const folder of this.#folders.keys()) {
      if (!wanted.has(folder)) this.#drop(folder);
    }
    for (const folder of wanted) await this.#follow(folder);
  }

  close(): void {
    this.#closed = true;
    for (const folder of this.#folders.keys()) this.#drop(folder);
  }

  async #follow(folder: string): Promise<void> {
    const identity = await identityOf(folder);
    const known = this.#folders.get(folder);
    if (this.#closed || (known !== undefined && known.identity === identity)) return;
    this.#drop(folder);
    if (identity === undefined) return;
    const watcher = openWatcher(folder, this.#onEvent);
    if (watcher === undefined) return;
    watcher.on('error', () => this.#drop(folder));
    this.#folders.set(folder, { watcher, identity });
  }

  #drop(folder: string): void {
    this.#folders.get(folder)?.watcher.close();
    this.#folders.delete(folder);
  }
}

async function foldersOf(path: string): Promise<string[]> {
  const named = dirname(resolve(path));
  try {
    return [named, dirname(await realpath(path))];
  } catch {
    return [named]; // The file is not there yet: its folder says when it comes.
  }
}

async function identityOf(folder: string): Promise<string | undefined> {
  try {
    const found = await stat(folder, { bigint: true });
    return `${found.dev}:${found.ino}`;
  } catch {
    return undefined;
  }
}

function openWatcher(folder: string, onEvent: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onEvent);
  } catch {
    return undefined; // ENOSPC, EMFILE or a folder just removed: the poll still sees the files.
  }
}
