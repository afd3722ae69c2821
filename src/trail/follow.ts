import { join } from 'node:path';
import { FolderWatchers } from '../store/folder-watchers.ts';
import type { DurableMark } from './durable-mark.ts';
import type { Files } from './files.ts';
import { nodeFiles } from './node-files.ts';
import { pause } from './pause.ts';
import { indexOf, type ReadOptions, startOf } from './reader.ts';
import { listSegments } from './segment-names.ts';
import { type Cursor, readSegment, type TrailLine } from './segment-reader.ts';

/** ms between two looks where the system tells of no change. */
const POLL_MS = 1000;
/** ms for which changes gather before a look: a busy trail changes a thousand times a second. */
const GATHER_MS = 50;

export interface FollowOptions extends ReadOptions {
  /**
   * `Trail.durable` of the trail in this process: nothing is told that may yet be taken back, and nobody polls. Without
   * it, a record may be told that is not durable yet.
   */
  readonly durable?: DurableMark;
}

/**
 * As `readRecords`, and then goes on with what is written, across segments, until the signal is aborted; then it
 * ends without an error. A directory that is not there yet, or was removed, is waited for.
 */
export async function* followRecords(dir: string, options: FollowOptions = {}): AsyncGenerator<TrailLine> {
  const { from = 0, signal, durable } = options;
  const follower = new Follower(dir, options);
  using changes = durable === undefined ? new FolderChanges(dir) : new DurableChanges(durable);
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    await changes.begin();
    for await (const line of follower.readOn()) {
      if (isOver()) return;
      if (line.problem !== undefined || line.sequence >= from) yield line;
    }
    await changes.next(signal);
  }
}

/** Where a follower is. */
class Follower {
  readonly #dir: string;
  readonly #options: FollowOptions;
  readonly #files: Files;
  #cursor: Cursor | undefined;

  constructor(dir: string, options: FollowOptions) {
    this.#dir = dir;
    this.#options = options;
    this.#files = options.files ?? nodeFiles;
  }

  /** All that is there by now. */
  async *readOn(): AsyncGenerator<TrailLine> {
    const { from = 0, keys, durable } = this.#options;
    const source = { files: this.#files, dir: this.#dir, keys, signal: undefined };
    for (;;) {
      // Before the reading: where a later segment exists, nothing will be added to this one.
      const segments = await listSegments(this.#files, this.#dir);
      const first = segments[indexOf(segments, from)];
      if (first === undefined) return;
      this.#cursor ??= startOf(first.name);
      const { name } = this.#cursor;
      const next = segments.find((segment) => segment.name > name);
      for await (const { line, after } of readSegment(source, this.#cursor)) {
        if (line.fault === 'torn' && next === undefined) break;
        if (durable !== undefined && line.sequence > durable.sequence) return;
        this.#cursor = after;
        yield line;
      }
      if (next === undefined) return;
      this.#cursor = startOf(next.name);
    }
  }
}

/** What a follower waits for. */
interface Changes extends Disposable {
  /** Before a look: changes count from here. */
  begin(): Promise<void>;
  /** Resolves once there is something that was not there at `begin`, or may be; or when the signal is aborted. */
  next(signal: AbortSignal | undefined): Promise<void>;
}

class DurableChanges implements Changes {
  readonly #durable: DurableMark;
  #seen = 0;

  constructor(durable: DurableMark) {
    this.#durable = durable;
  }

  async begin(): Promise<void> {
    this.#seen = this.#durable.sequence;
  }

  async next(signal: AbortSignal | undefined): Promise<void> {
    await this.#durable.past(this.#seen, signal);
    await pause(GATHER_MS, signal);
  }

  [Symbol.dispose](): void {}
}

/** Changes of the folder's files, as far as the system tells of them; a look every second anyway. */
class FolderChanges implements Changes {
  readonly #dir: string;
  readonly #watchers = new FolderWatchers(() => this.#changed.abort());
  #changed = new AbortController();

  constructor(dir: string) {
    this.#dir = dir;
  }

  async begin(): Promise<void> {
    this.#changed = new AbortController();
    await this.#watchers.follow([join(this.#dir, 'lock')]);
  }

  async next(signal: AbortSignal | undefined): Promise<void> {
    const changed = this.#changed;
    const stop = (): void => changed.abort();
    signal?.addEventListener('abort', stop);
    await pause(POLL_MS, changed.signal);
    signal?.removeEventListener('abort', stop);
    await pause(GATHER_MS, signal);
  }

  [Symbol.dispose](): void {
    this.#watchers.close();
  }
}
