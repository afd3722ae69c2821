import { createServer, type Server, type Socket } from 'node:net';
import { type Address, parseAddress } from '../allowlist/address.ts';
import type { Allowlist } from '../allowlist/allowlist.ts';
import type { Arrival } from '../session/ports.ts';
import { KEEPALIVE_MS } from './keepalive.ts';

/** Connections the kernel holds for us while we are busy: as many as Linux allows (net.core.somaxconn, listen(2)). */
const BACKLOG = 4096;

export interface ListenAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** A listening socket that was opened for us; then `host` and `port` only name it. */
  readonly fd?: number | undefined;
  /** Balancers whose PROXY header is believed and required. */
  readonly proxiedBy?: Allowlist | undefined;
  /** Silence after which the kernel probes a peer, in ms. */
  readonly keepalive?: number | undefined;
}

/** An open door: hands over every connection with its peer's address. */
export class Listener {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * @param onArrival must not throw and takes care of the stream from here on.
   * @throws Error as `listen` fails, with its `code` (EADDRINUSE, EACCES, …).
   */
  static async open(address: ListenAddress, onArrival: (arrival: Arrival) => void): Promise<Listener> {
    const options = {
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: address.keepalive ?? KEEPALIVE_MS,
    };
    const server = createServer(options, (socket) => accept(socket, address.proxiedBy, onArrival));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // [::] is IPv6 alone, so that it can stand beside 0.0.0.0 and no address ever comes mapped.
      const { host, port, fd } = address;
      const where = fd === undefined ? { host, port, ipv6Only: true } : { fd };
      server.listen({ ...where, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    // Later errors are of single accepts; the server goes on, the connection is lost.
    server.on('error', () => {});
    return new Listener(server);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new TypeError('not listening on TCP');
    return address.port;
  }

  get listening(): boolean {
    return this.#server.listening;
  }

  /** Takes no more connections; those that are open stay. */
  close(): void {
    this.#server.close();
  }
}

/** One for all sockets. */
const ignore = (): void => {};

function accept(
  socket: Socket,
  proxiedBy: Allowlist | undefined,
  onArrival: (arrival: Arrival) => void,
): void {
  // First of all: an 'error' without a listener would end the process.
  socket.on('error', ignore);
  const address = addressOf(socket.remoteAddress);
  const local = addressOf(socket.localAddress);
  // Undefined when the client has left again before we looked.
  if (address === undefined || local === undefined) {
    socket.destroy();
    return;
  }
  const ports = { port: socket.remotePort ?? 0, local: { address: local, port: socket.localPort ?? 0 } };
  onArrival({ stream: socket, address, proxiedBy, ...ports });
}

/** A link-local address comes with the interface it was met on (RFC 4007, 11), which is no part of it. */
function addressOf(text: string | undefined): Address | undefined {
  return parseAddress((text ?? '').replace(/%.*$/s, ''));
}
