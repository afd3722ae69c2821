import type { Logger } from 'pino';
import { answerSessions } from '../admin/sessions.ts';
import { allowlistFrom } from '../allowlist/entries.ts';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { Limits } from '../config/limits.ts';
import type { ConfiguredListener, ServerConfig } from '../config/server-config.ts';
import { openFileLimit } from '../net/descriptors.ts';
import { dialer } from '../net/dial.ts';
import { Pressure } from '../net/pressure.ts';
import { WatchedCertificates } from '../net/watched-certificates.ts';
import { CROWD } from '../session/crowd.ts';
import { unpackSnapshot } from '../store/catalog-parcel.ts';
import type { PrimaryAsks, Standing } from '../workers/messages.ts';
import { OtherWorkers } from '../workers/other-workers.ts';
import type { Post } from '../workers/post.ts';
import { SharedSeats } from '../workers/shared-seats.ts';
import { SharedThrottle } from '../workers/shared-throttle.ts';
import { SharedJournal, SharedRecorder } from '../workers/shared-trail.ts';
import { sessionsFor } from './capacity.ts';
import { Gateway } from './gateway.ts';
import { listenerOf } from './listener-of.ts';

/** What a worker begins with: the primary's configuration, not what stands in the files by now. */
export interface WorkerSettings {
  readonly listen: readonly ConfiguredListener[];
  readonly tls: ServerConfig['tls'];
  readonly limits: Limits;
  /** At least 32 bytes. */
  readonly mockSecret: Uint8Array;
  readonly workers: number;
}

export interface WorkerBegin {
  readonly settings: WorkerSettings;
  readonly catalog: CatalogSnapshot;
  readonly standing: Standing;
}

/** The gateway as a worker has it: what all share it asks the primary for. */
export class WorkerGateway {
  readonly #certificates: WatchedCertificates;
  readonly #gateway: Gateway;
  #catalog: CatalogSnapshot;
  #standing: Standing;

  private constructor(begin: WorkerBegin, certificates: WatchedCertificates, around: WorkerAround) {
    const { settings } = begin;
    const { post, log } = around;
    const { limits } = settings;
    this.#certificates = certificates;
    this.#catalog = begin.catalog;
    this.#standing = begin.standing;
    const pressure = new Pressure();
    this.#gateway = new Gateway({
      listen: settings.listen.map(listenerOf(limits)),
      catalog: () => this.#catalog,
      certificates: () => certificates.current,
      mockSecret: Buffer.from(settings.mockSecret),
      limits,
      throttle: new SharedThrottle(
        post,
        allowlistFrom(limits.failedLogins.exempt, 'limits.failed_logins.exempt'),
        () => this.#standing,
      ),
      dial: dialer({ timeout: limits.upstreamConnectTimeout, keepalive: limits.keepalive }),
      recorder: new SharedRecorder(post, () => this.#standing),
      journal: new SharedJournal(post),
      trailBehind: () => this.#standing.behind || post.congested,
      together: {
        quota: new SharedSeats(post),
        neighbours: new OtherWorkers(post),
        processes: settings.workers,
        mostConnections: mostConnections(limits.maxConnections),
      },
      // A primary that cannot keep up is as if we could not.
      pressure: {
        get overloaded() {
          return pressure.overloaded || post.congested;
        },
        close: () => pressure.close(),
      },
      log,
    });
  }

  /**
   * Reads the certificates and opens every listener, or none.
   * @throws CertificateFilesError, or an Error of `listen`.
   */
  static async open(begin: WorkerBegin, around: WorkerAround): Promise<WorkerGateway> {
    const { tls } = begin.settings;
    let opened: WorkerGateway | undefined;
    const certificates = await WatchedCertificates.load(tls.certificates, {
      minVersion: tls.minVersion,
      clients: tls.clients,
      // The primary reads the same files, and tells.
      onReload: () => opened?.certificatesChanged(),
    });
    opened = new WorkerGateway(begin, certificates, around);
    await opened.#gateway.listen();
    return opened;
  }

  get ports(): readonly number[] {
    return this.#gateway.ports;
  }

  certificatesChanged(): void {
    this.#gateway.certificatesChanged();
  }

  async rereadCertificates(): Promise<void> {
    await this.#certificates.reload();
    this.certificatesChanged();
  }

  take(catalog: CatalogSnapshot): void {
    this.#catalog = catalog;
    this.#gateway.catalogChanged();
  }

  heed(standing: Standing): void {
    this.#standing = standing;
  }

  /** @throws Error where an answer is not possible. */
  async answer(asked: PrimaryAsks): Promise<unknown> {
    switch (asked.type) {
      case 'catalog':
        this.take(unpackSnapshot(asked.catalog));
        return true;
      case 'sessions':
        return answerSessions(asked.method, new URLSearchParams(asked.query), this.#gateway.sessions);
      case 'metrics':
        return await this.figures();
      case 'find-cancel':
        return this.#gateway.findCancel(asked.pid, Buffer.from(asked.key));
    }
  }

  async figures(): Promise<unknown[]> {
    return await this.#gateway.metrics.registry.getMetricsAsJSON();
  }

  async drain(patience: number): Promise<void> {
    await this.#gateway.drain(patience);
    this.#certificates.close();
  }
}

export interface WorkerAround {
  readonly post: Post;
  readonly log: Logger;
}

/** Descriptors are each process's own. */
function mostConnections(ofAll: number): number {
  const openFiles = openFileLimit();
  const own = openFiles === undefined ? ofAll : Math.min(ofAll, sessionsFor(openFiles));
  return own * CROWD;
}
