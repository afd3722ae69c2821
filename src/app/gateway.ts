import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { CertificateStore } from '../net/certificate-store.ts';
import { type ListenAddress, Listener } from '../net/listener.ts';
import { Pressure } from '../net/pressure.ts';
import { TlsTerminator } from '../net/tls-server.ts';
import { ObservedJournal } from '../observe/journal.ts';
import { Metrics, type ShedReason } from '../observe/metrics.ts';
import { CancelKeys } from '../session/cancel-keys.ts';
import { serveConnection } from '../session/connection.ts';
import type { Arrival, Gate, GateLimits, Throttle } from '../session/ports.ts';
import { Quota } from '../session/quota.ts';
import { draining } from '../session/refusals.ts';
import { Sessions } from '../session/sessions.ts';
import { objection } from '../session/standing.ts';
import type { Dial } from '../upstream/ports.ts';
import { Verifiers } from '../upstream/verifiers.ts';
import { CROWD } from './capacity.ts';
import { Shedding } from './shedding.ts';

/** Once told to go, sessions get this long to be closed in order, in ms. */
const LAST_WORDS_MS = 1500;

export interface GatewayOptions {
  readonly listen: readonly ListenAddress[];
  readonly catalog: () => CatalogSnapshot;
  readonly certificates: () => CertificateStore;
  /** At least 32 bytes, secret, the same over restarts. */
  readonly mockSecret: Buffer;
  readonly limits: GateLimits;
  readonly throttle: Throttle;
  readonly dial: Dial;
  readonly log: Logger;
  /** Default: that of this process's event loop. */
  readonly pressure?: Pick<Pressure, 'overloaded' | 'close'>;
}

/** The gate itself: listeners and what their connections need. Files and configuration are its owner's. */
export class Gateway {
  readonly metrics: Metrics;
  readonly #options: GatewayOptions;
  readonly #sessions = new Sessions();
  readonly #verifiers: Verifiers;
  readonly #gate: Gate;
  readonly #pressure: Pick<Pressure, 'overloaded' | 'close'>;
  readonly #shedding: Shedding;
  readonly #listeners: Listener[] = [];

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#verifiers = new Verifiers(options.dial, () => performance.now());
    this.metrics = new Metrics({
      sessions: () => this.#sessions.size,
      records: () => this.#sessions.records(),
      certificates: () => options.certificates().expiring,
    });
    this.#pressure = options.pressure ?? new Pressure();
    this.#shedding = new Shedding(options.log, (reason) => this.metrics.shed(reason));
    this.#gate = {
      tls: new TlsTerminator(options.certificates),
      catalog: options.catalog,
      verifiers: this.#verifiers,
      dial: options.dial,
      journal: new ObservedJournal(options.log, this.metrics),
      sessions: this.#sessions,
      cancelKeys: new CancelKeys(randomBytes),
      randomBytes,
      mockSecret: options.mockSecret,
      throttle: options.throttle,
      quota: new Quota(),
      limits: options.limits,
    };
  }

  /**
   * Opens every address, or none. Port 0 takes any free one, and later addresses that say 0 take the same, so
   * that `localhost` means one gate in both families.
   * @throws Error with the `address` and the `code` of the one that could not be opened.
   */
  async listen(): Promise<void> {
    let free = 0;
    for (const address of this.#options.listen) {
      try {
        const port = address.port === 0 ? free : address.port;
        const listener = await Listener.open({ ...address, port }, this.#arrive);
        this.#listeners.push(listener);
        if (address.port === 0) free = listener.port;
      } catch (error) {
        this.#closeListeners();
        throw error;
      }
    }
  }

  get ports(): readonly number[] {
    return this.#listeners.map(({ port }) => port);
  }

  get listening(): boolean {
    return this.#listeners.length > 0 && this.#listeners.every(({ listening }) => listening);
  }

  get sessions(): Sessions {
    return this.#sessions;
  }

  /**
   * To be called with every new catalog: cuts exactly the sessions that it no longer admits, and lets go of what
   * belongs to branches that are no more.
   */
  catalogChanged(): void {
    const catalog = this.#options.catalog();
    const cut = this.#sessions.cutWhere(({ standing }) => standing && objection(catalog, standing));
    if (cut.length > 0)
      this.#options.log.info({ sessions: cut.length }, 'sessions cut by a change of the catalog');
    this.#verifiers.retain(this.#options.catalog().projects.flatMap(({ branches }) => branches));
  }

  /**
   * Takes no more connections, lets sessions end by themselves, then cuts those that are left (57P01).
   * @param patience ms.
   */
  async drain(patience: number): Promise<void> {
    this.#closeListeners();
    this.#pressure.close();
    await atMost(patience, this.#sessions.empty());
    this.#sessions.cutAll(draining());
    await atMost(LAST_WORDS_MS, this.#sessions.empty());
    this.#verifiers.retain([]);
  }

  readonly #arrive = (arrival: Arrival): void => {
    const reason = this.#tooMuch();
    if (reason === undefined) void serveConnection(arrival, this.#gate);
    else this.#shedding.shed(arrival, reason);
  };

  /** Refusing with a word costs a TLS handshake; beyond this nobody is listened to any more. */
  #tooMuch(): ShedReason | undefined {
    if (this.#pressure.overloaded) return 'pressure';
    return this.#sessions.size >= this.#options.limits.maxConnections * CROWD ? 'crowd' : undefined;
  }

  #closeListeners(): void {
    for (const listener of this.#listeners) listener.close();
  }
}

async function atMost(milliseconds: number, wait: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  await Promise.race([wait, promise]);
  clearTimeout(timer);
}
