import { isDeepStrictEqual } from 'node:util';
import { watchFiles } from '../store/watch-files.ts';
import type { CertificatePair } from './certificate-pair.ts';
import type { CertificateProblem } from './certificate-problem.ts';
import {
  type CertificateOptions,
  CertificateStore,
  type LoadedCertificate,
  loadServerCertificate,
  type ServerCertificate,
} from './certificate-store.ts';
import { expiryWarning, periodWarning } from './certificate-warnings.ts';
import { type ClientAuthorities, type ClientFiles, loadClientAuthorities } from './client-authorities.ts';

/** What could not be read for a reason that may pass is looked at again after so many ms. */
const RETRY_MS = 1000;

export interface ReloadOutcome {
  /** An error means that what was read before stays; a warning, that the new is served all the same. */
  readonly problems: readonly CertificateProblem[];
}

export interface WatchOptions extends CertificateOptions {
  /** Hears of every reload that a change of the files set off, for the log. Must not throw. */
  readonly onReload: (outcome: ReloadOutcome) => void;
}

/**
 * The certificates as they stand in their files now, or stood when they were last good: a file half-written, a
 * key that has come without its certificate yet, an expired certificate do not replace a pair that works; nor do
 * broken or expired authorities and revocation lists replace those that clients are checked against. Connections
 * under way keep the certificate that they began with, and its channel binding.
 */
export class WatchedCertificates {
  readonly #options: WatchOptions;
  readonly #watch: { close(): void };
  #current: CertificateStore;
  /** Reloads go one after the other, lest an older reading replace a newer one. */
  #reloading: Promise<ReloadOutcome> = Promise.resolve({ problems: [] });
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(
    options: WatchOptions,
    opened: { readonly store: CertificateStore; readonly watch: { close(): void } },
  ) {
    this.#options = options;
    this.#current = opened.store;
    this.#watch = opened.watch;
  }

  /**
   * Reads the pairs, and watches their files from before that until `close`.
   *
   * @throws {CertificateFilesError} where one is not fit to be served; nothing is watched then
   */
  static async load(pairs: readonly CertificatePair[], options: WatchOptions): Promise<WatchedCertificates> {
    const { ca, crl } = options.clients ?? {};
    const files = [...pairs.flatMap(({ cert, key }) => [cert, key]), ca, crl];
    const paths = files.filter((path) => path !== undefined);
    const opening = Promise.withResolvers<WatchedCertificates>();
    const watch = watchFiles(
      () => paths,
      () => void opening.promise.then(async (opened) => options.onReload(await opened.reload())),
    );
    try {
      const store = await CertificateStore.load(pairs, options);
      const opened = new WatchedCertificates(options, { store, watch });
      opening.resolve(opened);
      return opened;
    } catch (error) {
      watch.close();
      throw error;
    }
  }

  get current(): CertificateStore {
    return this.#current;
  }

  /** Reads all pairs anew. It never rejects: what is wrong is in the outcome. */
  reload(): Promise<ReloadOutcome> {
    this.#reloading = this.#reloading.then(() => this.#readAgain());
    return this.#reloading;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#watch.close();
  }

  /** As the catalog is: whom a new revocation list shuts out must not come in because a file could not be opened. */
  #tryAgainIfItMayPass({ problems }: ReloadOutcome): void {
    clearTimeout(this.#retry);
    if (this.#closed || !problems.some(({ mayPass }) => mayPass)) return;
    this.#retry = setTimeout(() => void this.#tryAgain(problems), RETRY_MS).unref();
  }

  /** What is as bad as before is not told again. */
  async #tryAgain(before: ReloadOutcome['problems']): Promise<void> {
    const outcome = await this.reload();
    if (!this.#closed && !isDeepStrictEqual(outcome.problems, before)) this.#options.onReload(outcome);
  }

  async #readAgain(): Promise<ReloadOutcome> {
    const kept = this.#current.certificates;
    const [chosen, clients] = await Promise.all([
      Promise.all(kept.map((certificate) => readAgain(certificate, this.#options))),
      clientsAgain(this.#current.clients, this.#options.clients),
    ]);
    const problems = [...chosen, clients].flatMap((each) => each.problems);
    const certificates = chosen.map((each) => each.certificate);
    this.#current = new CertificateStore(certificates, problems, clients.authorities);
    this.#tryAgainIfItMayPass({ problems });
    return { problems };
  }
}

async function readAgain(
  kept: ServerCertificate,
  options: CertificateOptions,
): Promise<Required<LoadedCertificate>> {
  const pair = { cert: kept.certPath, key: kept.keyPath };
  const { certificate, problems } = await loadServerCertificate(pair, options);
  if (certificate === undefined) return { certificate: kept, problems };
  const now = new Date();
  const fault = periodWarning(certificate, now);
  if (fault === undefined || periodWarning(kept, now) !== undefined) return { certificate, problems };
  const message = `${fault}; the one read before stays`;
  return { certificate: kept, problems: [{ file: kept.certPath, message, severity: 'error' }] };
}

async function clientsAgain(
  kept: ClientAuthorities | undefined,
  files: ClientFiles | undefined,
): Promise<{
  readonly authorities?: ClientAuthorities;
  readonly problems: readonly CertificateProblem[];
}> {
  if (kept === undefined || files === undefined) return { problems: [] };
  const { authorities, problems } = await loadClientAuthorities(files);
  if (authorities === undefined) return { authorities: kept, problems };
  const now = new Date();
  const ended = ({ expiring }: ClientAuthorities) =>
    expiring.filter((each) => expiryWarning(each, now) !== undefined);
  if (ended(kept).length > 0) return { authorities, problems };
  const faults = ended(authorities).map((each): CertificateProblem => {
    const message = `${periodWarning(each, now)}; the one read before stays`;
    return { file: each.file, message, severity: 'error' };
  });
  return faults.length > 0 ? { authorities: kept, problems: faults } : { authorities, problems };
}
