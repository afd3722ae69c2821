import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import { ConnectionClosed, Leg } from '../../src/legs/leg.ts';
import { formatNonce, NONCE_LENGTH } from '../../src/scram/messages.ts';
import { mechanisms, readClientFirst } from '../../src/scram/server.ts';
import type { Verifier } from '../../src/scram/verifier.ts';
import { readPacket } from '../../src/session/secure.ts';
import { backendKeyData } from '../../src/wire/backend-messages.ts';
import { serializeError } from '../../src/wire/error-response.ts';
import { FRONTEND } from '../../src/wire/frame.ts';
import { parseSaslInitialResponse, parseSaslResponse } from '../../src/wire/login-messages.ts';
import { hasLongCancelKeys, type ProtocolVersion } from '../../src/wire/protocol-version.ts';
import { message } from '../support/frontend-messages.ts';
import { dataRow, rowDescription } from '../support/result-rows.ts';
import type { TestCertificate } from '../support/server-certificate.ts';
import { notice, ok, parameter, ready, sasl } from '../support/upstream-steps.ts';
import { ROW_BYTES, readStatement } from './statements.ts';

const MAX_FRAME = 16 * 1024 * 1024;
/** As often, in streams of rows, the server dies in the middle of one. */
const DEATH_IN_ROW = 0.004;

const row = dataRow(['x'.repeat(ROW_BYTES)]);
const rowBlock = Buffer.concat(Array.from({ length: 8 }, () => row));

const canceled = serializeError({
  severity: 'ERROR',
  sqlstate: '57014',
  message: 'canceling statement due to user request',
});

interface FakeWish {
  readonly verifier: Verifier;
  /** `undefined`: it answers SSLRequest with N. */
  readonly tls: TestCertificate | undefined;
}

/** A server of many sessions that cost next to nothing: SCRAM, a few statements, cancels. */
export class FakeUpstream {
  readonly #wish: FakeWish;
  readonly #context: ReturnType<typeof createSecureContext> | undefined;
  readonly #sessions = new Map<number, FakeSession>();
  readonly #open = new Set<Socket>();
  #nextPid = 1;

  constructor(wish: FakeWish) {
    this.#wish = wish;
    this.#context = wish.tls && createSecureContext(wish.tls);
  }

  /** Connections that are open. */
  get size(): number {
    return this.#open.size;
  }

  resetAll(): void {
    for (const socket of this.#open) socket.resetAndDestroy();
  }

  /** Serves one connection to its end; never rejects. */
  async serve(socket: Socket): Promise<void> {
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#open.delete(socket));
    try {
      await this.#converse(socket);
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error;
    }
    socket.destroy();
  }

  async #converse(socket: Socket): Promise<void> {
    let leg = new Leg(socket, new AbortController().signal);
    for (;;) {
      const packet = await readPacket(leg);
      if (packet.kind === 'cancel-request') {
        const session = this.#sessions.get(packet.pid);
        if (session?.key.equals(packet.key) === true) session.cancel();
        return;
      }
      if (packet.kind === 'startup') return await this.#session(leg, packet.version);
      if (packet.kind === 'gssenc-request' || this.#context === undefined) leg.write(Buffer.from('N'));
      else leg = this.#upgrade(leg, socket, this.#context);
    }
  }

  #upgrade(plain: Leg, socket: Socket, secureContext: ReturnType<typeof createSecureContext>): Leg {
    plain.write(Buffer.from('S'));
    return new Leg(new TLSSocket(socket, { isServer: true, secureContext }), new AbortController().signal);
  }

  async #session(leg: Leg, version: ProtocolVersion): Promise<void> {
    await authenticate(leg, this.#wish.verifier);
    const pid = this.#nextPid++;
    const session = new FakeSession(leg, randomBytes(hasLongCancelKeys(version) ? 32 : 4));
    this.#sessions.set(pid, session);
    try {
      const greeting = [ok, parameter('server_version', '18.0'), notice('welcome')];
      leg.write(Buffer.concat([...greeting, backendKeyData(pid, session.key), ready]));
      await session.run();
    } finally {
      this.#sessions.delete(pid);
    }
  }
}

async function authenticate(leg: Leg, verifier: Verifier): Promise<void> {
  leg.write(sasl.offer(mechanisms(undefined)));
  const initial = parseSaslInitialResponse(await leg.readFrame(MAX_FRAME));
  const nonce = formatNonce(randomBytes(NONCE_LENGTH));
  const first = readClientFirst(initial.mechanism, initial.data, { binding: undefined, nonce, verifier });
  if (first.kind === 'failure') throw new Error(`the gateway's client-first: ${first.reason}`);
  leg.write(sasl.first(first.reply));
  const verdict = first.final(parseSaslResponse(await leg.readFrame(MAX_FRAME)));
  if (verdict.kind !== 'success') throw new Error(`the gateway's proof: ${verdict.kind}`);
  leg.write(sasl.last(verdict.reply));
}

class FakeSession {
  readonly key: Buffer;
  readonly #leg: Leg;
  #interrupt: AbortController | undefined;

  constructor(leg: Leg, key: Buffer) {
    this.#leg = leg;
    this.key = key;
  }

  /** Ends the statement that runs, if one does. */
  cancel(): void {
    this.#interrupt?.abort();
  }

  async run(): Promise<void> {
    for (;;) {
      const { type, body } = await this.#leg.readFrame(MAX_FRAME);
      if (type === FRONTEND.terminate) return;
      if (type !== FRONTEND.query) throw new Error(`the fake upstream was sent message ${type}`);
      await this.#answer(body.toString('latin1', 0, body.length - 1));
    }
  }

  async #answer(sql: string): Promise<void> {
    const statement = readStatement(sql);
    switch (statement.kind) {
      case 'echo':
        return this.#result(statement.word);
      case 'length':
        return this.#result(String(statement.bytes));
      case 'sleep':
        return await this.#sleep(statement.ms);
      case 'rows':
        return await this.#rows(statement.count);
    }
  }

  #result(value: string): void {
    const done = message('C', 'SELECT 1\0');
    this.#leg.write(Buffer.concat([rowDescription(['value']), dataRow([value]), done, ready]));
  }

  async #sleep(ms: number): Promise<void> {
    this.#interrupt = new AbortController();
    const gone = (): void => this.#interrupt?.abort();
    this.#leg.stream.once('close', gone);
    const woken = await setTimeout(ms, true, { signal: this.#interrupt.signal }).catch(() => false);
    this.#leg.stream.off('close', gone);
    this.#interrupt = undefined;
    if (woken) this.#result('');
    else this.#leg.write(Buffer.concat([canceled, ready]));
  }

  async #rows(count: number): Promise<void> {
    const { stream } = this.#leg;
    stream.write(rowDescription(['repeat']));
    for (let sent = 0; sent < count; sent += 8) {
      if (Math.random() < DEATH_IN_ROW / 8) {
        stream.write(row.subarray(0, ROW_BYTES / 2));
        throw new ConnectionClosed('died in the middle of a row');
      }
      const whole = stream.write(rowBlock.subarray(0, Math.min(8, count - sent) * row.length));
      if (stream.destroyed) throw new ConnectionClosed();
      if (!whole) await roomIn(stream);
    }
    stream.write(Buffer.concat([message('C', `SELECT ${count}\0`), ready]));
  }
}

/** Resolves once the stream takes more, or is gone. */
function roomIn(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      stream.off('drain', settle);
      stream.off('close', settle);
      resolve();
    };
    stream.on('drain', settle);
    stream.on('close', settle);
  });
}
