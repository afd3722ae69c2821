import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { parseErrorFields } from '../../src/wire/error-response.ts';
import { type Frame, parseFrameHeader } from '../../src/wire/frame.ts';
import { FRAME_HEADER_LENGTH } from '../../src/wire/limits.ts';
import { ByteInbox } from './byte-inbox.ts';
import { sslRequest } from './frontend-messages.ts';

const MAX_FRAME = 0x7fffffff;

/** What an ErrorResponse says. */
export interface ErrorSeen {
  readonly severity: string | undefined;
  readonly sqlstate: string | undefined;
  readonly message: string | undefined;
  readonly hint?: string;
}

/** A client that sends any bytes at any time, over plain TCP and TLS upon it, and reads what comes. */
export class RawClient {
  readonly socket: Socket;
  #stream: Duplex;
  #inbox: ByteInbox;
  #secured: TLSSocket | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#stream = socket;
    this.#inbox = new ByteInbox(socket);
  }

  /** @param from the address to come from; all of 127.0.0.0/8 is this machine. */
  static async connect(port: number, from = '127.0.0.1'): Promise<RawClient> {
    const socket = connectTcp({
      host: '127.0.0.1',
      port,
      localAddress: from,
      allowHalfOpen: true,
      noDelay: true,
    });
    const client = new RawClient(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return client;
  }

  /** The stream to speak on now. */
  get stream(): Duplex {
    return this.#stream;
  }

  get inbox(): ByteInbox {
    return this.#inbox;
  }

  get secured(): TLSSocket {
    if (this.#secured === undefined) throw new Error('no TLS yet');
    return this.#secured;
  }

  /** How bytes go out; may be exchanged for a slower way. */
  write = (bytes: Buffer): void => {
    this.#stream.write(bytes);
  };

  send(...parts: readonly Buffer[]): void {
    this.write(Buffer.concat(parts));
  }

  /** Each byte in a segment of its own, as far as the kernel allows. */
  async trickle(bytes: Buffer): Promise<void> {
    for (const byte of bytes) {
      this.#stream.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
  }

  /** SSLRequest, its `S`, and the handshake. */
  async requestTls(options: ConnectionOptions = {}): Promise<this> {
    this.send(sslRequest);
    const answer = await this.#inbox.read(1);
    if (answer.toString() !== 'S') throw new Error(`SSLRequest was answered ${answer.toString()}`);
    return await this.handshake({ ALPNProtocols: ['postgresql'], ...options });
  }

  /** Direct TLS, as ALPN demands; @throws Error as the handshake fails. */
  async handshake(options: ConnectionOptions = {}): Promise<this> {
    const secured = connectTls({ socket: this.socket, rejectUnauthorized: false, ...options });
    this.#secured = secured;
    this.#stream = secured;
    this.#inbox = new ByteInbox(secured);
    await new Promise<void>((resolve, reject) => {
      secured.once('secureConnect', resolve).once('error', reject);
      secured.once('close', () => reject(new Error('closed in the TLS handshake')));
    });
    return this;
  }

  async readFrame(): Promise<Frame> {
    const { type, bodyLength } = parseFrameHeader(await this.#inbox.read(FRAME_HEADER_LENGTH), MAX_FRAME);
    return { type, body: bodyLength === 0 ? Buffer.alloc(0) : await this.#inbox.read(bodyLength) };
  }

  /** The next frame, which is to have this letter; @returns its body. */
  async expect(letter: string): Promise<Buffer> {
    const { type, body } = await this.readFrame();
    const got = String.fromCharCode(type);
    if (got === letter) return body;
    throw new Error(`${got} came where ${letter} was due: ${body.toString('latin1')}`);
  }

  /** Reads up to an ErrorResponse, which is to be the last thing said before an orderly close. */
  async refusal(): Promise<ErrorSeen> {
    for (;;) {
      const { type, body } = await this.readFrame();
      if (type !== 'E'.charCodeAt(0)) continue;
      const rest = await this.closed();
      if (rest.length > 0 || this.#inbox.error !== undefined) {
        throw new Error(`no orderly end: ${rest.length} bytes, ${this.#inbox.error?.message}`);
      }
      return errorSeen(body);
    }
  }

  /**
   * Waits for the other side's close, and closes too, as a client does.
   * @returns what was said before it, which is nothing where the close is silent.
   */
  async closed(): Promise<Buffer> {
    const rest = await this.#inbox.rest();
    this.end();
    return rest;
  }

  end(): void {
    this.#stream.end();
  }

  /** RST instead of FIN. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  destroy(): void {
    this.#stream.destroy();
    this.socket.destroy();
  }
}

export function errorSeen(body: Buffer): ErrorSeen {
  const fields = parseErrorFields(body);
  const hint = fields.get('H');
  const seen = { severity: fields.get('V'), sqlstate: fields.get('C'), message: fields.get('M') };
  return hint === undefined ? seen : { ...seen, hint };
}
