import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { CatalogSnapshot } from '../catalog/snapshot.ts';
import type { CertificateStore } from '../net/certificate-store.ts';
import { GIVES_BACK, giveBack } from '../net/give-back.ts';
import { type ListenAddress, Listener } from '../net/listener.ts';
import { Pressure, type Ticker } from '../net/pressure.ts';
import { TlsTerminator } from '../net/tls-server.ts';
import { ObservedJournal } from '../observe/journal.ts';
import { Journals } from '../observe/journals.ts';
import { Metrics, type ShedReason } from '../observe/metrics.ts';
import { CancelKeys, type CancelTarget } from '../session/cancel-keys.ts';
import { serveConnection } from '../session/connection.ts';
import { CROWD } from '../session/crowd.ts';
import { HeldBytes } from '../session/held-bytes.ts';
import type {
  AdmissionRecorder,
  Arrival,
  Gate,
  GateLimits,
  Journal,
  Neighbours,
  Throttle,
} from '../session/ports.ts';
import { Quota, type Seats } from '../session/quota.ts';
import { draining } from '../session/refusals.ts';
import { Sessions } from '../session/sessions.ts';
import { objection } from '../session/standing.ts';
import type { Dial } from '../upstream/ports.ts';
import { Verifiers } from '../upstream/verifiers.ts';
import { BufferWatch } from './buffer-watch.ts';
import { PasswordAssessor } from './password-assessor.ts';
import { Shedding } from './shedding.ts';
import { StatementClassifier } from './statement-classifier.ts';

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
  /** Puts admissions on record. */
  readonly recorder: AdmissionRecorder;
  /** Hears what the operational log hears. */
  readonly journal: Journal;
  readonly log: Logger;
  /** What several processes that serve the same clients share; default: there is this one. */
  readonly together?: Together;
  /** Whether the audit trail has more to write than it does in time. Default: never. */
  readonly trailBehind?: () => boolean;
  /** Default: that of this process's event loop. */
  readonly pressure?: Pick<Pressure, 'overloaded' | 'close'>;
  /** Default: this process's clock. */
  readonly ticker?: Ticker;
}

export interface Together {
  readonly quota: Seats;
  readonly neighbours: Neighbours;
  /** How many processes there are: each has so much of what is not asked for one by one. */
  readonly processes: number;
  /** Connections that this process may have, those that are to be refused included. */
  readonly mostConnections: number;
}

/** The gate itself: listeners and what their connections need. Files and configuration are its owner's. */
export class Gateway {
  readonly metrics: Metrics;
  readonly #options: GatewayOptions;
  readonly #sessions = new Sessions();
  readonly #verifiers: Verifiers;
  readonly #gate: Gate;
  readonly #pressure: Pick<Pressure, 'overloaded' | 'close'>;
  readonly #buffers: BufferWatch;
  readonly #shedding: Shedding;
  readonly #listeners: Listener[] = [];
  readonly #passwords: PasswordAssessor;
  readonly #classifier: StatementClassifier;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { together } = options;
    this.#verifiers = new Verifiers(options.dial, () => performance.now(), 1 / (together?.processes ?? 1));
    this.metrics = new Metrics({
      sessions: () => this.#sessions.size,
      records: () => this.#sessions.records(),
      buffered: () => this.#sessions.buffered,
      certificates: () => options.certificates().expiring,
    });
    this.#pressure = options.pressure ?? new Pressure();
    this.#buffers = new BufferWatch({
      buffered: () => this.#sessions.buffered,
      limit: options.limits.maxBufferedBytes / (together?.processes ?? 1),
      log: options.log,
      ...(options.ticker !== undefined && { ticker: options.ticker }),
    });
    this.#shedding = new Shedding(options.log, (reason) => this.metrics.shed(reason));
    this.#passwords = new PasswordAssessor((problem) => options.log.error({ problem }, 'passwords in SQL'));
    const classifier = new StatementClassifier({
      report: (problem) => options.log.error({ problem }, 'statements on record'),
    });
    this.#classifier = classifier;
    this.#gate = {
      tls: new TlsTerminator(options.certificates),
      catalog: options.catalog,
      verifiers: this.#verifiers,
      dial: options.dial,
      journal: new Journals(new ObservedJournal(options.log, this.metrics), options.journal),
      recorder: options.recorder,
      sessions: this.#sessions,
      cancelKeys: new CancelKeys(randomBytes),
      randomBytes,
      mockSecret: options.mockSecret,
      throttle: options.throttle,
      quota: together?.quota ?? new Quota(),
      neighbours: together?.neighbours,
      limits: options.limits,
      passwords: this.#passwords,
      statements: {
        get behind() {
          return options.trailBehind?.() ?? false;
        },
        kindOf: (text) => classifier.kindOf(text),
      },
      heldBytes: new HeldBytes(),
      spent: GIVES_BACK ? giveBack : undefined,
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

  /** Whose statement a key cancels; `ended`: a session had it until lately. */
  findCancel(pid: number, key: Buffer): CancelTarget | 'ended' | undefined {
    const { cancelKeys } = this.#gate;
    return cancelKeys.find(pid, key) ?? (cancelKeys.hasEnded(pid, key) ? 'ended' : undefined);
  }

  /**
   * To be called with every new catalog: cuts exactly the sessions that it no longer admits, and lets go of what
   * belongs to branches that are no more.
   */
  catalogChanged(): void {
    this.#cutWhoeverIsOut('sessions cut by a change of the catalog');
    this.#verifiers.retain(this.#options.catalog().projects.flatMap(({ branches }) => branches));
  }

  /** To be called when what client certificates are checked by was read again: cuts those it no longer vouches for. */
  certificatesChanged(): void {
    this.#cutWhoeverIsOut('sessions cut by a change of client certificates');
  }

  #cutWhoeverIsOut(what: string): void {
    const catalog = this.#options.catalog();
    const cut = this.#sessions.cutWhere(({ standing }) => standing && objection(catalog, standing));
    if (cut.length > 0) this.#options.log.info({ sessions: cut.length }, what);
  }

  /**
   * Takes no more connections, lets sessions end by themselves, then cuts those that are left (57P01).
   * @param patience ms.
   */
  async drain(patience: number): Promise<void> {
    this.#closeListeners();
    this.#pressure.close();
    this.#buffers.close();
    await atMost(patience, this.#sessions.empty());
    this.#sessions.cutAll(draining());
    await atMost(LAST_WORDS_MS, this.#sessions.empty());
    this.#verifiers.retain([]);
    await this.#passwords[Symbol.asyncDispose]();
    await this.#classifier[Symbol.asyncDispose]();
  }

  readonly #arrive = (arrival: Arrival): void => {
    const reason = this.#tooMuch();
    if (reason === undefined) void serveConnection(arrival, this.#gate);
    else this.#shedding.shed(arrival, reason);
  };

  /** Refusing with a word costs a TLS handshake; beyond this nobody is listened to any more. */
  #tooMuch(): ShedReason | undefined {
    if (this.#pressure.overloaded) return 'pressure';
    if (this.#buffers.full) return 'buffers';
    const { limits, together } = this.#options;
    const most = together?.mostConnections ?? limits.maxConnections * CROWD;
    return this.#sessions.size >= most ? 'crowd' : undefined;
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
