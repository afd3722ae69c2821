import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Problem } from '../config/problem.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { type CatalogOutcome, type LoadedCatalog, loadCatalog } from './catalog-file.ts';
import { type LoadOptions, loadAside } from './catalog-thread.ts';
import { type WatchFilesOptions, watchFiles } from './watch-files.ts';

/** A catalog that could not be read or taken is looked at again after so many ms, */
const RETRY_MS = 1000;
/** and so many times as long as the last look took: a large one that stays broken must not keep a core busy. */
const RETRY_SHARE = 10;

/** Must not throw. */
export interface CatalogEvents {
  onLoaded(snapshot: CatalogSnapshot, warnings: readonly Problem[]): void;
  /** The last good catalog stays in force. */
  onProblem(problems: readonly Problem[]): void;
}

export interface WatchCatalogOptions extends WatchFilesOptions, Omit<LoadOptions, 'signal'> {}

/**
 * Loads the catalog, and again whenever it, its keys or a file it names changes, within 1 s; a large one takes a
 * second longer for each MiB, in a thread of its own. The first load calls no event: what it found is returned. Where
 * it found problems, nothing is watched.
 */
export async function watchCatalog(
  location: CatalogLocation,
  env: Env,
  events: CatalogEvents,
  options: WatchCatalogOptions = {},
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
  readonly #options: WatchCatalogOptions;
  readonly #files: { close(): void };
  readonly #end = new AbortController();
  #paths: readonly string[];
  #digest = '';
  #retry: NodeJS.Timeout | undefined;
  /** Loads go one after the other, lest an older reading replace a newer one. */
  #last: Promise<unknown> = Promise.resolve();
  /** The load that is still to begin, and so will see whatever changes until then. */
  #next: { readonly outcome: Promise<CatalogOutcome>; tellsAnyway: boolean } | undefined;

  /** Watches from here on, so that no change after the first load is missed. */
  constructor(watched: Watched, options: WatchCatalogOptions) {
    const { file, keyFile } = watched.location;
    this.#watched = watched;
    this.#options = options;
    this.#paths = keyFile === undefined ? [file] : [file, keyFile];
    this.#files = watchFiles(
      () => this.#paths,
      () => void this.#loadNext(false),
      options,
    );
  }

  /** Loads the catalog now, as for SIGHUP, and tells of it even where nothing has changed. */
  reload(): Promise<CatalogOutcome> {
    return this.#loadNext(true);
  }

  /** Loads at once, in place, without telling. */
  load(): CatalogOutcome {
    const { location, env } = this.#watched;
    const startedAt = performance.now();
    return this.#keep(loadCatalog(location, env), startedAt);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    clearTimeout(this.#retry);
    this.#files.close();
    await this.#last;
  }

  /** Whoever asks while another load is under way shares the one that follows it. */
  #loadNext(tellsAnyway: boolean): Promise<CatalogOutcome> {
    if (this.#next !== undefined) {
      this.#next.tellsAnyway ||= tellsAnyway;
      return this.#next.outcome;
    }
    const outcome = this.#last.then(() => this.#loadAndTell());
    this.#next = { outcome, tellsAnyway };
    this.#last = outcome;
    return outcome;
  }

  /** A file may have been touched only, or be new to the list: what reads the same is not told again. */
  async #loadAndTell(): Promise<CatalogOutcome> {
    const { location, env } = this.#watched;
    const before = this.#digest;
    const tellsAnyway = this.#next?.tellsAnyway === true;
    this.#next = undefined;
    const startedAt = performance.now();
    const loaded = await loadAside(location, env, { ...this.#options, signal: this.#end.signal });
    const outcome = this.#keep(loaded, startedAt);
    if (tellsAnyway || this.#digest !== before) this.#tell(outcome);
    return outcome;
  }

  #keep({ outcome, files, digest }: LoadedCatalog, startedAt: number): CatalogOutcome {
    this.#paths = files;
    this.#digest = digest;
    this.#tryAgainIfBad(outcome, performance.now() - startedAt);
    return outcome;
  }

  /**
   * The reason may pass without a change of any file: no file descriptor or memory was left, a mount did not answer.
   * Whom the new catalog shuts out must not stay because of that.
   */
  #tryAgainIfBad(outcome: CatalogOutcome, took: number): void {
    clearTimeout(this.#retry);
    if ('snapshot' in outcome || this.#end.signal.aborted) return;
    this.#retry = setTimeout(() => void this.#loadNext(false), RETRY_MS + RETRY_SHARE * took).unref();
  }

  #tell(outcome: CatalogOutcome): void {
    if (this.#end.signal.aborted) return;
    const { events } = this.#watched;
    if ('snapshot' in outcome) events.onLoaded(outcome.snapshot, outcome.warnings);
    else events.onProblem(outcome.problems);
  }
}
