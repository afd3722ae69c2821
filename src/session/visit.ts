import { formatAddress } from '../allowlist/address.ts';
import { Leg } from '../legs/leg.ts';
import type { TransportAddress } from '../proxy-protocol/header.ts';
import type { ClientCertificate } from './client-certificate.ts';
import type { Arrival, Gate } from './ports.ts';
import type { ConnectionRecord } from './record.ts';
import { handshakeTimeout, type Refusal } from './refusals.ts';
import type { Cuttable } from './sessions.ts';
import { objection, type Standing } from './standing.ts';

const ID_BYTES = 9;

/** One client's stay, from accept to close: its legs, its deadline, and what is known of it. */
export class Visit implements Disposable, Cuttable {
  readonly gate: Gate;
  readonly arrival: Arrival;
  readonly record: ConnectionRecord;
  /** Where the client comes from: the peer, or whom its balancer names. */
  source: TransportAddress;
  /** The leg to speak on: plain at first, then the one inside TLS. */
  client: Leg;
  upstream: Leg | undefined;
  /** The hash that channel binding compares; undefined before TLS and where the certificate has none. */
  binding: Buffer | undefined;
  /** The client's; undefined before TLS, and where it showed none. */
  certificate: ClientCertificate | undefined;
  /** Whether an ErrorResponse would be believed and understood by now. */
  audible = false;
  /** Whether time is being spent on the upstream, so that a deadline that passes is its doing. */
  reachingUpstream = false;
  readonly #deadline = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #leave: () => void;
  readonly #atEnd: (() => void)[] = [];
  #standing: Standing | undefined;
  #cutRelay: ((why: Refusal) => void) | undefined;

  constructor(arrival: Arrival, gate: Gate) {
    this.gate = gate;
    this.arrival = arrival;
    this.record = newRecord(arrival, gate);
    this.source = arrival;
    this.client = new Leg(arrival.stream, this.signal);
    this.#timer = setTimeout(() => this.#deadline.abort(handshakeTimeout()), gate.limits.handshakeTimeout);
    this.#leave = gate.sessions.enter(this);
    gate.journal.opened(this.record);
  }

  /** Aborted with the Refusal to send when the handshake deadline passes or the connection is cut. */
  get signal(): AbortSignal {
    return this.#deadline.signal;
  }

  /** Milliseconds since accept. */
  get elapsed(): number {
    return performance.now() - this.record.acceptedAt;
  }

  /** The client is let in: the deadline has done its work, and the relay knows better how to cut. */
  settle(cutRelay: (why: Refusal) => void): void {
    clearTimeout(this.#timer);
    this.#cutRelay = cutRelay;
  }

  /** Bytes that were read from one side and not yet taken by the other, as far as the runtime tells. */
  get buffered(): number {
    return heldBy(this.client) + heldBy(this.upstream);
  }

  get standing(): Standing | undefined {
    return this.#standing;
  }

  /**
   * From here on a change of the catalog can end this connection. It may have changed while the client logged in.
   * @throws Refusal where today's catalog does not admit it.
   */
  stand(standing: Standing): void {
    const why = objection(this.gate.catalog(), standing);
    if (why !== undefined) throw why;
    this.#standing = standing;
  }

  cut(why: Refusal): void {
    if (this.#cutRelay === undefined) this.#deadline.abort(why);
    else this.#cutRelay(why);
  }

  /** Something to be undone when the connection ends, however it does. */
  atEnd(undo: () => void): void {
    this.#atEnd.push(undo);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.upstream?.destroy();
    this.client.destroy();
    this.arrival.stream.destroy();
    for (const undo of this.#atEnd) undo();
    this.#leave();
    this.gate.journal.ended(this.record);
  }
}

/** All members are there from the start: an object that grows by so many becomes a slow table in V8. */
function newRecord({ address, port, local }: Arrival, gate: Gate): ConnectionRecord {
  return {
    id: gate.randomBytes(ID_BYTES).toString('base64url'),
    address: formatAddress(address),
    port,
    local: { address: formatAddress(local.address), port: local.port },
    via: undefined,
    vpcEndpoint: undefined,
    acceptedAt: performance.now(),
    kind: 'unknown',
    tls: undefined,
    certificate: undefined,
    project: undefined,
    branch: undefined,
    endpoint: undefined,
    role: undefined,
    database: undefined,
    applicationName: undefined,
    mechanism: undefined,
    upstream: undefined,
    admittedAt: undefined,
    handshakeMs: undefined,
    loginMs: undefined,
    upstreamConnectMs: undefined,
    bytesFromClient: 0,
    bytesFromUpstream: 0,
    outcome: undefined,
    reason: undefined,
    detail: undefined,
  };
}

function heldBy(leg: Leg | undefined): number {
  return leg === undefined ? 0 : leg.stream.readableLength + leg.stream.writableLength;
}
