import { connect, isIP, type Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  rootCertificates,
} from 'node:tls';
import { MAX_CERTIFICATE_BYTES, readBounded } from '../net/read-bounded.ts';

/** Where records are sent by syslog. */
export interface SyslogServer {
  readonly host: string;
  readonly port: number;
  /** RFC 5425; the server's certificate is always verified. */
  readonly tls: boolean;
  /** Absolute path of the authorities in PEM form; undefined: those that Node brings along. */
  readonly ca: string | undefined;
  /** The name that the certificate must have; by default the host. */
  readonly servername?: string | undefined;
}

/** How long a server may take for each, in ms. */
export interface SyslogPatience {
  readonly connect: number;
  /** To take anything of what waits for it. */
  readonly write: number;
  /** To end its side once we have ended ours. */
  readonly end: number;
}

/**
 * One connection to a syslog server, which sends nothing itself. Its end is the only receipt there is: a server that
 * closes after it has read to the end of ours has read everything; one that goes with something unread resets the
 * connection.
 */
export class SyslogConnection {
  readonly #socket: Socket;
  readonly #patience: SyslogPatience;
  readonly #lost = Promise.withResolvers<never>();
  readonly #serverEnded: Promise<void>;
  #ending = false;

  private constructor(socket: Socket, patience: SyslogPatience) {
    this.#socket = socket;
    this.#patience = patience;
    // Whoever waits for something hears of it; where nobody waits, the next one to ask does.
    this.#lost.promise.catch(() => undefined);
    this.#serverEnded = new Promise((resolve) => socket.once('end', resolve));
    socket.once('end', () => {
      if (!this.#ending) this.#fail(new Error('the server closed the connection'));
    });
    socket.on('error', (error) => this.#fail(error));
    socket.once('close', () => this.#fail(new Error('the connection was lost')));
    // What a server says is not looked at, but it is taken, or its end would never be seen.
    socket.resume();
  }

  /** @throws Error saying why in one line. */
  static async open(
    server: SyslogServer,
    patience: SyslogPatience,
    signal: AbortSignal,
  ): Promise<SyslogConnection> {
    const socket = await socketTo(server);
    const connection = new SyslogConnection(socket, patience);
    const ready = new Promise<void>((resolve) =>
      socket.once(server.tls ? 'secureConnect' : 'connect', () => resolve()),
    );
    await connection.#await(ready, signal, { ms: patience.connect, doing: 'connect' });
    return connection;
  }

  /** Resolves once the system has taken all of it. */
  async write(bytes: Buffer, signal: AbortSignal): Promise<void> {
    const written = new Promise<void>((resolve) => this.#socket.write(bytes, () => resolve()));
    await this.#await(written, signal, { ms: this.#patience.write, doing: 'take what was sent' });
  }

  /** Ends our side; resolves once the server has read everything and ended its own. */
  async finish(signal: AbortSignal): Promise<void> {
    this.#ending = true;
    this.#socket.end();
    await this.#await(this.#serverEnded, signal, { ms: this.#patience.end, doing: 'end the connection' });
    this.destroy();
  }

  destroy(): void {
    this.#fail(new Error('the connection was closed'));
    this.#socket.destroy();
  }

  #fail(error: Error): void {
    this.#lost.reject(new Error(reasonOf(error), { cause: error }));
  }

  async #await(
    event: Promise<void>,
    signal: AbortSignal,
    { ms, doing }: { readonly ms: number; readonly doing: string },
  ): Promise<void> {
    const late = setTimeout(() => this.#fail(new Error(`the server did not ${doing} within ${ms} ms`)), ms);
    const abort = (): void => this.#fail(new Error('the gateway stops'));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      await Promise.race([this.#lost.promise, event]);
    } catch (error) {
      this.#socket.destroy();
      throw error;
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
    }
  }
}

/** Without keepalive: no connection is silent for long, as the next end of one shows whether the server is there. */
async function socketTo(server: SyslogServer): Promise<Socket> {
  const { host, port, tls } = server;
  if (!tls) return connect({ host, port, allowHalfOpen: true, noDelay: true });
  const name = server.servername ?? host;
  // Read anew each time: authorities are renewed while the gateway runs.
  const ca = server.ca === undefined ? [...rootCertificates] : await authorities(server.ca);
  const options: ConnectionOptions & { allowHalfOpen: true } = {
    host,
    port,
    ca,
    // An address is no server name (RFC 6066, 3), but the certificate must still be made out to it.
    servername: isIP(name) === 0 ? name : '',
    checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate),
    minVersion: 'TLSv1.2',
    allowHalfOpen: true,
  };
  return connectTls(options).setNoDelay(true);
}

async function authorities(path: string): Promise<string> {
  try {
    return (await readBounded(path, MAX_CERTIFICATE_BYTES)).text;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`audit.syslog.ca ${path}: ${why}`, { cause: error });
  }
}

/** Node's AggregateError of several addresses that all failed has a code and no message. */
function reasonOf(error: Error): string {
  if (error.message !== '') return error.message;
  return 'code' in error ? String(error.code) : error.name;
}
