import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Problem } from '../config/problem.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { type CatalogOutcome, loadCatalog } from './catalog-file.ts';
import { type WatchFilesOptions, watchFiles } from './watch-files.ts';

/** A catalog that could not be read or taken is looked at again after so many ms. */
const RETRY_MS = 1000;

/** Must not throw. */
export interface CatalogEvents {
  onLoaded(snapshot: CatalogSnapshot, warnings: readonly Problem[]): void;
  /** The last good catalog stays in force. */
  onProblem(problems: readonly Problem[]): void;
}

/**
 * Loads the catalog, and again whenever it, its keys or a file it names changes, within 1 s. The first load
 * calls no event: what it found is returned. Where it found problems, nothing is watched.
 */
export async function watchCatalog(
  location: CatalogLocation,
  env: Env,
  events: CatalogEvents,
  options: WatchFilesOptions = {},
): Promise<
  | {
      readonly watch: CatalogWatch;
      readonly snapshot: CatalogSnapshot;
      readonly warnings: readonly Problem[];
    }
  | { readonly problems: readonly Problem[] }
> {
  const watch = new CatalogWatch({ location, env, events }, options);
  const outcome = watch.load();
  if ('snapshot' in outcome) return { watch, ...outcome };
  await watch[Symbol.asyncDispose]();
  return outcome;
}

interface Watched {
  readonly location: CatalogLocation;
  readonly env: Env;
  readonly events: CatalogEvents;
}

export class CatalogWatch implements AsyncDisposable {
  readonly #watched: Watched;
  readonly #files: { close(): void };
  #paths: readonly string[];
  #digest = '';
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  /** Watches from here on, so that no change after the first load is missed. */
  constructor(watched: Watched, options: WatchFilesOptions) {
    const { file, keyFile } = watched.location;
    this.#watched = watched;
    this.#paths = keyFile === undefined ? [file] : [file, keyFile];
    this.#files = watchFiles(
      () => this.#paths,
      () => this.#changed(),
      options,
    );
  }

  /** Loads the catalog now, as for SIGHUP, and tells of it even where nothing has changed. */
  reload(): CatalogOutcome {
    const outcome = this.load();
    this.#tell(outcome);
    return outcome;
  }

  /** Loads without telling. */
  load(): CatalogOutcome {
    const { location, env } = this.#watched;
    const { outcome, files, digest } = loadCatalog(location, env);
    this.#paths = files;
    this.#digest = digest;
    this.#tryAgainIfBad(outcome);
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#files.close();
  }

  /**
   * The reason may pass without a change of any file: no file descriptor or memory was left, a mount did not answer.
   * Whom the new catalog shuts out must not stay because of that.
   */
  #tryAgainIfBad(outcome: CatalogOutcome): void {
    clearTimeout(this.#retry);
    if ('snapshot' in outcome || this.#closed) return;
    this.#retry = setTimeout(() => this.#changed(), RETRY_MS).unref();
  }

  /** A file may have been touched only, or be new to the list: what reads the same is not told again. */
  #changed(): void {
    const before = this.#digest;
    const outcome = this.load();
    if (this.#digest !== before) this.#tell(outcome);
  }

  #tell(outcome: CatalogOutcome): void {
    if (this.#closed) return;
    const { events } = this.#watched;
    if ('snapshot' in outcome) events.onLoaded(outcome.snapshot, outcome.warnings);
    else events.onProblem(outcome.problems);
  }
}
