import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { type Frame, parseFrameHeader } from '../../src/wire/frame.ts';
import { FRAME_HEADER_LENGTH } from '../../src/wire/limits.ts';
import {
  OPENING_HEADER_LENGTH,
  type OpeningPacket,
  openingLength,
  parseOpening,
} from '../../src/wire/opening-packet.ts';
import { ByteInbox } from './byte-inbox.ts';

export type Startup = Extract<OpeningPacket, { kind: 'startup' }>;

/** One connection that came to the upstream. */
export class Conversation {
  readonly socket: Socket;
  #stream: Duplex;
  #inbox: ByteInbox;
  startup: Startup | undefined;
  /** The frames read by the script, in order. */
  readonly frames: Frame[] = [];
  /** Why the script ended early: the other side left, or sent what was not expected. */
  failure: unknown;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#stream = socket;
    this.#inbox = new ByteInbox(socket);
  }

  get stream(): Duplex {
    return this.#stream;
  }

  get inbox(): ByteInbox {
    return this.#inbox;
  }

  send(...parts: readonly Buffer[]): void {
    this.#stream.write(Buffer.concat(parts));
  }

  end(): void {
    this.#stream.end();
  }

  async readOpening(): Promise<OpeningPacket> {
    const header = await this.#inbox.read(OPENING_HEADER_LENGTH);
    const body = await this.#inbox.read(openingLength(header) - header.length);
    return parseOpening(Buffer.concat([header, body]));
  }

  async readFrame(): Promise<Frame> {
    const { type, bodyLength } = parseFrameHeader(await this.#inbox.read(FRAME_HEADER_LENGTH), 0x7fffffff);
    const frame = { type, body: bodyLength === 0 ? Buffer.alloc(0) : await this.#inbox.read(bodyLength) };
    this.frames.push(frame);
    return frame;
  }

  upgrade(certificate: { cert: string; key: string }): void {
    const secureContext = createSecureContext(certificate);
    this.#stream = new TLSSocket(this.socket, {
      isServer: true,
      secureContext,
      ALPNCallback: ({ protocols }) => protocols.find((name) => name === 'postgresql'),
    });
    this.#inbox = new ByteInbox(this.#stream);
  }

  destroy(): void {
    this.#stream.destroy();
    this.socket.destroy();
  }
}
