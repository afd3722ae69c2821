import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { WithTeardown } from '../support/postgres.ts';

/** ms between two looks at whether something has come. */
const LOOK_MS = 5;
const PATIENCE_MS = 20_000;

export interface SyslogServerWish {
  readonly port?: number;
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A syslog server that reads octet-counted messages (RFC 6587, 3.4.1) and can be made to fail in many ways. */
export class SyslogServer {
  /** Whole messages, without their lengths, in the order in which they came. */
  readonly messages: string[] = [];
  /** Of the records in them. */
  readonly sequences: number[] = [];
  readonly violations: string[] = [];
  connections = 0;
  port = 0;
  /** Takes connections and reads nothing from them. */
  stalled = false;
  /** Never ends its own side. */
  clinging = false;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor({ tls }: SyslogServerWish) {
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server =
      tls === undefined
        ? createServer({ allowHalfOpen: true }, accept)
        : createTlsServer({ ...tls, allowHalfOpen: true } as object, accept);
    // Those whose handshake comes to nothing, too.
    this.#server.on('connection', (socket: Socket) => this.#watch(socket));
    this.#server.on('tlsClientError', () => {});
  }

  static async open(t: WithTeardown, wish: SyslogServerWish = {}): Promise<SyslogServer> {
    const server = new SyslogServer(wish);
    await new Promise<void>((resolve) => server.#server.listen(wish.port ?? 0, '127.0.0.1', resolve));
    const address = server.#server.address();
    server.port = typeof address === 'object' && address !== null ? address.port : 0;
    t.teardown(() => server.die());
    return server;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open.size;
  }

  /** Everything between these, both included, has come. */
  async has(first: number, last: number): Promise<void> {
    await until(() => {
      const got = new Set(this.sequences);
      for (let sequence = first; sequence <= last; sequence += 1) if (!got.has(sequence)) return false;
      return true;
    });
  }

  /** Goes without a word, as a machine that is switched off and on: no connection, no listener. */
  async die(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.reset();
    await closed;
  }

  /** Resets the connections there are. */
  reset(): void {
    // Of a TLS connection, the one below it.
    for (const socket of this.#open) if (!(socket instanceof TLSSocket)) socket.resetAndDestroy();
  }

  /** Ends them in order, as a server that is stopped. */
  hangUp(): void {
    for (const socket of this.#open) socket.end();
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#watch(socket);
    if (this.stalled) return;
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      rest = this.#messagesIn(Buffer.concat([rest, chunk]));
    });
    socket.on('end', () => {
      if (!this.clinging) socket.end();
    });
  }

  #watch(socket: Socket): void {
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => {});
  }

  #messagesIn(bytes: Buffer): Buffer {
    for (let left = bytes; ; ) {
      const space = left.indexOf(0x20);
      if (space < 0) return left;
      const length = left.toString('latin1', 0, space);
      if (!/^[1-9]\d{0,5}$/.test(length)) this.violations.push(length.slice(0, 20));
      const end = space + 1 + Number(length);
      if (left.length < end) return left;
      const message = left.toString('utf8', space + 1, end);
      this.messages.push(message);
      this.sequences.push(JSON.parse(message.slice(message.indexOf('{'))).metadata.sequence);
      left = left.subarray(end);
    }
  }
}

/** Waits until it holds. @throws Error after a time that no busy machine needs. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never came');
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
