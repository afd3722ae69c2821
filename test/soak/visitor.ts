import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectionClosed, Leg } from '../../src/legs/leg.ts';
import { endPointBinding } from '../../src/scram/channel-binding.ts';
import { startClient } from '../../src/scram/client.ts';
import type { Credentials } from '../../src/scram/credentials.ts';
import { formatNonce, NONCE_LENGTH } from '../../src/scram/messages.ts';
import { parseErrorFields } from '../../src/wire/error-response.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { parseAuthentication } from '../../src/wire/login-messages.ts';
import {
  query,
  saslInitialResponse,
  saslResponse,
  sslRequest,
  startupMessage,
} from '../support/frontend-messages.ts';

const MAX_FRAME = 1024 * 1024;

/** The gate, or an upstream through it, ended the session with an ErrorResponse. */
export class Fatal extends Error {
  override readonly name = 'Fatal';
  readonly sqlstate: string;

  constructor(sqlstate: string, message: string) {
    super(`${sqlstate} ${message}`);
    this.sqlstate = sqlstate;
  }
}

/** Something came that no protocol allows here. */
export class Nonsense extends Error {
  override readonly name = 'Nonsense';
}

export interface Introduction {
  readonly user: string;
  readonly credentials: Credentials;
  readonly channelBinding: 'disable' | 'prefer' | 'require';
  readonly minor: 0 | 2;
  /** Named in `options`; elsewhere in SNI. */
  readonly endpoint: string | undefined;
}

/** What a statement came to. */
export interface Answer {
  readonly rows: number;
  readonly bytes: number;
  /** The SQLSTATE of an ErrorResponse that left the session alive. */
  readonly error: string | undefined;
}

/** A client of the soak. Reads keep no more than a frame, and nothing is read that is not asked for. */
export class Visitor {
  readonly socket: Socket;
  leg: Leg;
  pid = 0;
  key: Buffer = Buffer.alloc(0);
  #secured: TLSSocket | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.leg = new Leg(socket, new AbortController().signal);
  }

  /** @param from where it comes from, somewhere in 127.0.0.0/8. */
  static async arrive(port: number, from: string): Promise<Visitor> {
    const socket = connect({
      host: '127.0.0.1',
      port,
      localAddress: from,
      allowHalfOpen: true,
      noDelay: true,
    });
    const visitor = new Visitor(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('close', () => reject(new ConnectionClosed()));
    });
    return visitor;
  }

  /** TLS, by SSLRequest or directly. */
  async secure(wish: { readonly direct: boolean; readonly servername: string }): Promise<void> {
    if (!wish.direct) {
      this.leg.write(sslRequest);
      const answer = (await this.leg.read(1)).toString('latin1');
      if (answer !== 'S') throw new Nonsense(`SSLRequest was answered ${answer}`);
    }
    const { servername } = wish;
    const secured = connectTls({
      socket: this.socket,
      rejectUnauthorized: false,
      ALPNProtocols: ['postgresql'],
      servername,
    });
    this.#secured = secured;
    this.leg = new Leg(secured, new AbortController().signal);
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve);
      secured.once('close', () => reject(new ConnectionClosed()));
      this.socket.once('close', () => reject(new ConnectionClosed()));
    });
  }

  /** @throws Fatal where it is refused; ConnectionClosed; Nonsense. */
  async logIn(introduction: Introduction): Promise<void> {
    this.sayHello(introduction);
    await this.prove(introduction);
    for (;;) {
      const { type, body } = await this.frame();
      if (type === 'Z') return;
      if (type === 'K') {
        this.pid = body.readInt32BE(0);
        this.key = Buffer.from(body.subarray(4));
      } else if (!['R', 'S'].includes(type)) throw new Nonsense(`${type} came in a greeting`);
    }
  }

  sayHello({ user, endpoint, minor }: Pick<Introduction, 'user' | 'endpoint' | 'minor'>): void {
    const options = endpoint === undefined ? {} : { options: `endpoint=${endpoint}` };
    this.leg.write(startupMessage({ user, application_name: 'soak', ...options }, minor));
  }

  /** SASL up to the gate's proof. */
  async prove({ credentials, channelBinding }: Introduction): Promise<void> {
    const offer = parseAuthentication((await this.frame('R')).body);
    if (offer.kind !== 'sasl') throw new Nonsense(`${offer.kind} came where SASL was due`);
    const binding = this.#binding();
    const nonce = formatNonce(randomBytes(NONCE_LENGTH));
    const exchange = startClient({ ...offer, binding, tls: true, channelBinding, nonce }, credentials);
    if (exchange.kind === 'failure') throw new Nonsense(exchange.reason);
    this.leg.write(saslInitialResponse(exchange.mechanism, exchange.initial));
    const proof = await exchange.first((await this.frame('R')).body.subarray(4));
    if (proof.kind === 'failure') throw new Nonsense(proof.reason);
    this.leg.write(saslResponse(proof.reply));
    const verdict = proof.final((await this.frame('R')).body.subarray(4));
    if (verdict.kind === 'failure') throw new Nonsense(verdict.reason);
  }

  ask(sql: string): void {
    this.leg.write(query(sql));
  }

  /** Reads what a statement asked for, up to ReadyForQuery. */
  async answer(): Promise<Answer> {
    let rows = 0;
    let bytes = 0;
    let error: string | undefined;
    for (;;) {
      const { type, body } = await this.frame();
      if (type === 'Z') return { rows, bytes, error };
      if (type === 'D') {
        rows += 1;
        // Behind the number of columns and the first one's length.
        bytes += body.length - 6;
      } else if (type === 'E') error = parseErrorFields(body).get('C');
      else if (!['T', 'C', 'S'].includes(type)) throw new Nonsense(`${type} came in an answer`);
    }
  }

  /**
   * The next frame that is no notice (a dying server sends one), by its letter.
   * @throws Fatal on an ErrorResponse that ends the session.
   */
  async frame(due?: string): Promise<{ readonly type: string; readonly body: Buffer }> {
    const frame: Frame = await this.leg.readFrame(MAX_FRAME);
    const type = String.fromCharCode(frame.type);
    if (type === 'N') return await this.frame(due);
    if (type === 'E') {
      const fields = parseErrorFields(frame.body);
      if (fields.get('V') !== 'ERROR') throw new Fatal(fields.get('C') ?? '', fields.get('M') ?? '');
    }
    if (due !== undefined && type !== due) throw new Nonsense(`${type} came where ${due} was due`);
    return { type, body: frame.body };
  }

  /** FIN; what the other side still says can be read. */
  end(): void {
    this.leg.stream.end();
  }

  /** RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.leg.destroy();
    this.socket.destroy();
  }

  #binding(): Buffer | undefined {
    const certificate = this.#secured?.getPeerX509Certificate();
    return certificate && endPointBinding(certificate.raw);
  }
}
