import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Allowlist } from '../../src/allowlist/allowlist.ts';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import type { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { memoryStore } from '../../src/counters/memory-store.ts';
import { dial } from '../../src/net/dial.ts';
import { Listener } from '../../src/net/listener.ts';
import { TlsTerminator } from '../../src/net/tls-server.ts';
import { CancelKeys } from '../../src/session/cancel-keys.ts';
import { serveConnection } from '../../src/session/connection.ts';
import { HeldBytes } from '../../src/session/held-bytes.ts';
import type {
  AdmissionRecorder,
  Gate,
  GateLimits,
  Journal,
  PasswordAssessor,
  TlsServer,
} from '../../src/session/ports.ts';
import { Quota } from '../../src/session/quota.ts';
import type { ConnectionRecord } from '../../src/session/record.ts';
import { Sessions } from '../../src/session/sessions.ts';
import type { Followed } from '../../src/sql/followed.ts';
import { createThrottle } from '../../src/throttle/throttle.ts';
import { Verifiers } from '../../src/upstream/verifiers.ts';
import { certificateStore, type TestCertificate } from './server-certificate.ts';

export const LIMITS: GateLimits = {
  handshakeTimeout: 60_000,
  maxConnections: 10_000,
  maxBufferedBytes: 268_435_456,
  connectionsPerAddress: undefined,
  cancelTimeout: 5000,
  writeStallTimeout: 300_000,
};

/** The contract's; tests on loopback may fail as often as they like, as in dev. */
const FAILED_LOGINS = { attempts: 10, window: 150_000, block: 120_000 };

/** A trail that is always written. */
export const RECORDS_ALL: AdmissionRecorder = { obstacle: undefined, admit: () => Promise.resolve() };

/** Finds no password anywhere. */
export const NO_PASSWORDS: PasswordAssessor = {
  read: () => Promise.resolve({ kind: 'read', statements: [] }),
  rate: () => Promise.reject(new Error('no password was to be rated')),
};

/** What a gate is made of besides its TLS, its catalog and its verifiers. */
export function plainParts(journal: Journal): Omit<Gate, 'tls' | 'catalog' | 'verifiers'> {
  return {
    dial,
    journal,
    recorder: RECORDS_ALL,
    sessions: new Sessions(),
    cancelKeys: new CancelKeys(randomBytes),
    randomBytes,
    mockSecret: Buffer.alloc(32, 7),
    throttle: createThrottle(
      { ...FAILED_LOGINS, exempt: allowlistFrom(['127.0.0.0/8'], 'tests') },
      memoryStore(() => performance.now()),
    ),
    quota: new Quota(),
    limits: LIMITS,
    passwords: NO_PASSWORDS,
    statements: { behind: false, kindOf: () => Promise.resolve('unknown') },
    heldBytes: new HeldBytes(),
  };
}

/** Remembers what the gate tells. */
export class RecordingJournal implements Journal {
  readonly records: ConnectionRecord[] = [];
  readonly defects: unknown[] = [];
  readonly failedCancels: unknown[] = [];
  readonly statements: Followed[] = [];
  readonly refusedPasswords: string[] = [];
  #opened = 0;
  #waiting: (() => void)[] = [];

  opened(): void {
    this.#opened += 1;
  }

  ended(record: ConnectionRecord): void {
    this.records.push(record);
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  cancelFailed(_: ConnectionRecord, cause: unknown): void {
    this.failedCancels.push(cause);
  }

  statement(_: ConnectionRecord, statement: Followed): void {
    this.statements.push(statement);
  }

  passwordRefused(_: ConnectionRecord, why: string): void {
    this.refusedPasswords.push(why);
  }

  defect(_: ConnectionRecord, cause: unknown): void {
    this.defects.push(cause);
  }

  /** Connections that were opened and have not ended. */
  get open(): number {
    return this.#opened - this.records.length;
  }

  /** The record of the n-th connection to end, once it has. */
  async record(n = 0): Promise<ConnectionRecord> {
    for (;;) {
      const record = this.records[n];
      if (record !== undefined) return record;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

export interface GateWish {
  readonly catalog: CatalogSnapshot;
  readonly certificate: TestCertificate;
  readonly handshakeTimeout?: number;
  readonly limits?: Partial<GateLimits>;
  readonly proxiedBy?: Allowlist;
  /** Parts in place of the real ones. */
  readonly parts?: Partial<Gate>;
}

/** The gate as the gateway builds it, on a free port of 127.0.0.1, with a journal that remembers. */
export class TestGate {
  readonly journal = new RecordingJournal();
  readonly quota = new Quota();
  readonly verifiers: Verifiers;
  readonly gate: Gate;
  /** The clients' streams inside TLS, in the order in which their handshakes were done. */
  readonly secured: Duplex[] = [];
  /** What connections are judged by from now on. */
  catalog: CatalogSnapshot;
  readonly #listener: Listener;

  private constructor(wish: GateWish, listener: Listener) {
    this.#listener = listener;
    this.catalog = wish.catalog;
    const store = certificateStore(wish.certificate);
    this.verifiers = new Verifiers(wish.parts?.dial ?? dial, () => performance.now());
    this.gate = {
      ...plainParts(this.journal),
      quota: this.quota,
      tls: this.#watched(new TlsTerminator(() => store)),
      catalog: () => this.catalog,
      verifiers: this.verifiers,
      limits: {
        ...LIMITS,
        handshakeTimeout: wish.handshakeTimeout ?? LIMITS.handshakeTimeout,
        ...wish.limits,
      },
      ...wish.parts,
    };
  }

  #watched(terminator: TlsServer): TlsServer {
    return {
      handshake: async (stream, signal) => {
        const secured = await terminator.handshake(stream, signal);
        this.secured.push(secured.stream);
        return secured;
      },
    };
  }

  static async open(wish: GateWish): Promise<TestGate> {
    const address = { host: '127.0.0.1', port: 0, proxiedBy: wish.proxiedBy };
    const listener = await Listener.open(address, (arrival) => void serveConnection(arrival, made.gate));
    const made = new TestGate(wish, listener);
    return made;
  }

  get port(): number {
    return this.#listener.port;
  }

  close(): void {
    this.#listener.close();
    this.verifiers.retain([]);
  }
}
