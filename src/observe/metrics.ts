import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { ConnectionRecord } from '../session/record.ts';

/** Seconds; from a hit on loopback to the end of the handshake deadline. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15];

/** Asked at every scrape, so that nothing is counted while bytes are relayed. */
export interface LiveFigures {
  readonly sessions: () => number;
  readonly records: () => Iterable<ConnectionRecord>;
  /** Bytes that wait in the streams of all connections. */
  readonly buffered: () => number;
  /** Certificates and revocation lists, by the file that they stand in. */
  readonly certificates: () => Iterable<{ readonly file: string; readonly notAfter: Date }>;
}

/** Why a new connection was closed unheard: the event loop is late, too much waits in memory, or there are far too many. */
const SHED_REASONS = ['pressure', 'buffers', 'crowd'] as const;
export type ShedReason = (typeof SHED_REASONS)[number];

/** Prometheus figures, all named `portcullis_…`. */
export class Metrics {
  readonly registry = new Registry();
  readonly #connections: Counter<'outcome' | 'reason'>;
  readonly #shed: Counter<'reason'>;
  readonly #handshake: Histogram;
  readonly #login: Histogram;
  readonly #upstreamConnect: Histogram;
  #endedFromClient = 0;
  #endedFromUpstream = 0;

  constructor(live: LiveFigures) {
    const registers = [this.registry];
    // Process figures and the event loop's delay.
    collectDefaultMetrics({ register: this.registry, prefix: 'portcullis_' });
    this.#connections = new Counter({
      name: 'portcullis_connections_total',
      help: 'Connections that ended, by how and why.',
      labelNames: ['outcome', 'reason'],
      registers,
    });
    this.#shed = new Counter({
      name: 'portcullis_connections_shed_total',
      help: 'New connections that were closed at once, by why.',
      labelNames: ['reason'],
      registers,
    });
    // So that a rate can be taken from the first one on.
    for (const reason of SHED_REASONS) this.#shed.inc({ reason }, 0);
    const duration = (name: string, help: string): Histogram =>
      new Histogram({ name: `portcullis_${name}_duration_seconds`, help, buckets: BUCKETS, registers });
    this.#handshake = duration('handshake', 'From accept to the end of the TLS handshake.');
    this.#login = duration('login', "From accept to the client's verified proof.");
    this.#upstreamConnect = duration('upstream_connect', 'Connecting to the upstream, TLS included.');
    this.#watchSessions(live);
    this.#watchBytes(live);
    this.#watchCertificates(live);
  }

  ended(record: ConnectionRecord): void {
    this.#connections.inc({ outcome: record.outcome ?? 'failed', reason: record.reason ?? 'none' });
    observe(this.#handshake, record.handshakeMs);
    observe(this.#login, record.loginMs);
    observe(this.#upstreamConnect, record.upstreamConnectMs);
    this.#endedFromClient += record.bytesFromClient;
    this.#endedFromUpstream += record.bytesFromUpstream;
  }

  shed(reason: ShedReason): void {
    this.#shed.inc({ reason });
  }

  #watchSessions(live: LiveFigures): void {
    new Gauge({
      name: 'portcullis_live_sessions',
      help: 'Connections that are open, those still logging in included.',
      registers: [this.registry],
      collect() {
        this.set(live.sessions());
      },
    });
    new Gauge({
      name: 'portcullis_buffered_bytes',
      help: 'Bytes that were read from one side of a connection and not yet taken by the other.',
      registers: [this.registry],
      collect() {
        this.set(live.buffered());
      },
    });
  }

  #watchBytes(live: LiveFigures): void {
    const totals = (): { client: number; upstream: number } => {
      let client = this.#endedFromClient;
      let upstream = this.#endedFromUpstream;
      for (const record of live.records()) {
        client += record.bytesFromClient;
        upstream += record.bytesFromUpstream;
      }
      return { client, upstream };
    };
    new Counter({
      name: 'portcullis_relayed_bytes_total',
      help: 'Bytes relayed, by the side they came from.',
      labelNames: ['from'],
      registers: [this.registry],
      collect() {
        const { client, upstream } = totals();
        this.reset();
        this.inc({ from: 'client' }, client);
        this.inc({ from: 'upstream' }, upstream);
      },
    });
  }

  #watchCertificates(live: LiveFigures): void {
    new Gauge({
      name: 'portcullis_certificate_expiry_timestamp_seconds',
      help: 'When a server certificate, an authority of clients or its revocation list ends (Unix time).',
      labelNames: ['cert'],
      // Every process has the same files.
      aggregator: 'min',
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { file, notAfter } of live.certificates())
          this.set({ cert: file }, notAfter.getTime() / 1000);
      },
    });
  }
}

function observe(histogram: Histogram, milliseconds: number | undefined): void {
  if (milliseconds !== undefined) histogram.observe(milliseconds / 1000);
}
