import { deepEqual, equal } from 'node:assert/strict';
import type { UpstreamTarget } from '../../../src/catalog/model.ts';
import { Secret } from '../../../src/catalog/secret.ts';
import { CatalogSnapshot } from '../../../src/catalog/snapshot.ts';
import { fixedKeys } from '../../../src/scram/credentials.ts';
import { deriveKeys } from '../../../src/scram/keys.ts';
import { formatNonce, NONCE_LENGTH } from '../../../src/scram/messages.ts';
import type { Journal } from '../../../src/session/ports.ts';
import type { ConnectionRecord } from '../../../src/session/record.ts';
import { aBranch, anUpstream, aProject } from '../../catalog/a-catalog.ts';
import { login, PASSWORD } from '../../support/client-login.ts';
import { query, terminate } from '../../support/frontend-messages.ts';
import { RawClient } from '../../support/raw-client.ts';
import { aRole, certificate, verifier } from '../../support/scene.ts';
import { ScriptedUpstream } from '../../support/scripted-upstream.ts';
import { TestGate } from '../../support/test-gate.ts';
import { answerTo, goodScript } from '../../support/upstream-steps.ts';

/** From accept() to the relay, in ms: a case that says nothing more ends then, and a busy machine still logs in. */
const HANDSHAKE_TIMEOUT = 1500;

/** Far beyond any session here, in ms. */
const SESSION_BOUND = 600_000;

/** How long everything that belongs to a batch may take to end once its clients have left, in ms. */
const PATIENCE_MS = 8000;

/** The gate draws the same nonce every time, so that a whole login is known beforehand and can be mutated. */
const sameBytes = (length: number): Buffer => Buffer.alloc(length, 5);
export const GATE_NONCE = formatNonce(sameBytes(NONCE_LENGTH));

/** Of the role app's password, for clients and as the gate passes them on. */
export const keys = await deriveKeys(PASSWORD, verifier.salt, verifier.iterations);
export const credentials = fixedKeys(keys);

/** The role `own` logs in upstream by itself: there the gate's verdict on the client is the only one. */
const OWN_PASSWORD = { role: undefined, login: { password: new Secret(PASSWORD) } };

/** Hears of every connection once when it opens and once when it ends. */
class BookKeeper implements Journal {
  readonly open = new Set<ConnectionRecord>();
  faults: unknown[] = [];

  opened(record: ConnectionRecord): void {
    this.open.add(record);
  }

  ended(record: ConnectionRecord): void {
    if (!this.open.delete(record)) this.faults.push(new Error(`connection ${record.port} ended twice`));
    if (record.outcome === undefined)
      this.faults.push(new Error(`connection ${record.port} ended without outcome`));
  }

  /** Upstreams that misbehave take no cancel requests either. */
  cancelFailed(): void {}

  /** Its branches record no statements. */
  statement(): void {
    this.faults.push(new Error('a statement was recorded'));
  }

  passwordRefused(): void {}

  defect(_: ConnectionRecord, cause: unknown): void {
    this.faults.push(cause);
  }
}

/** A gate, what it tells, and the honest upstream behind its default branch. */
interface House {
  readonly books: BookKeeper;
  readonly gate: TestGate;
  readonly upstream: ScriptedUpstream;
}

type Targets = Readonly<Record<string, Partial<UpstreamTarget>>>;

/** A gateway in this process, built anew whenever something was left behind in it. */
export class LiveGate {
  readonly #others: Targets;
  #house: House;

  private constructor(others: Targets, house: House) {
    this.#others = others;
    this.#house = house;
  }

  /** @param others upstreams by the endpoints under which they are reached. */
  static async open(others: Targets = {}): Promise<LiveGate> {
    return new LiveGate(others, await build(others));
  }

  async connect(): Promise<RawClient> {
    return await RawClient.connect(this.#house.gate.port);
  }

  /** @throws where something is left of a connection, one was not reported once, or an honest client is not let in. */
  async settle(): Promise<void> {
    try {
      await nothingLeft(this.#house);
      await this.#honestLogin();
    } catch (error) {
      tearDown(this.#house);
      this.#house = await build(this.#others);
      throw error;
    }
  }

  async close(): Promise<void> {
    tearDown(this.#house);
  }

  async #honestLogin(): Promise<void> {
    const client = await this.connect();
    try {
      await client.requestTls();
      await login(client, { password: credentials });
      client.send(query('still there?'));
      const expected = answerTo('still there?');
      deepEqual(await client.inbox.read(expected.length), expected);
      client.send(terminate);
      await client.closed();
    } finally {
      client.destroy();
    }
    await inTime(this.#house.gate.gate.sessions.empty(), 'the honest session is left');
  }
}

async function build(others: Targets): Promise<House> {
  const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
  const honest = { host: upstream.host, port: upstream.port, sslmode: 'disable' as const };
  const branches = Object.entries({ 'ep-main': honest, ...others }).map(([endpoint, target]) =>
    aBranch(endpoint.replace('ep-', 'br-'), {
      endpoints: [endpoint],
      isDefault: endpoint === 'ep-main',
      upstream: anUpstream(target),
      // Watched, so that whoever looks into what is relayed is looked at, too.
      idleSessionTimeout: SESSION_BOUND,
      maxSessionAge: SESSION_BOUND,
      roles: [aRole('app', verifier), aRole('own', verifier, { upstream: OWN_PASSWORD })],
    }),
  );
  const books = new BookKeeper();
  const gate = await TestGate.open({
    catalog: new CatalogSnapshot([aProject('shop', branches)]),
    certificate,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    parts: { journal: books, randomBytes: sameBytes },
  });
  return { books, gate, upstream };
}

function tearDown({ gate, upstream }: House): void {
  gate.close();
  upstream.close();
}

async function nothingLeft({ books, gate, upstream }: House): Promise<void> {
  await inTime(gate.gate.sessions.empty(), 'sessions are left');
  await upstream.deserted();
  equal(upstream.connections, 0, 'connections to the upstream are left');
  equal(books.open.size, 0, 'connections whose end was not reported');
  deepEqual(books.faults.splice(0), []);
  equal(gate.quota.count('branch br-main'), 0, 'a seat that nobody gave back');
  // What these remember of each connection would look like a leak.
  upstream.conversations.length = 0;
  upstream.cancels.length = 0;
  gate.secured.length = 0;
}

async function inTime(work: Promise<void>, what: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(what)), PATIENCE_MS);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
