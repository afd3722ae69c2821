import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { ConnectionClosed } from '../legs/leg.ts';
import type { SecuredStream, TlsServer } from '../session/ports.ts';
import type { CertificateStore, ServedCertificate } from './certificate-store.ts';
import { clientCertificateOf } from './client-certificate.ts';
import { ON_BUN } from './runtime.ts';

/** The one protocol spoken here (IANA's ALPN registry; PostgreSQL manual, 54.2.11). */
const ALPN = 'postgresql';

/**
 * Bytes in a TLS record of ours, no more than PostgreSQL puts into one. libpq makes room for as many before it reads,
 * and looks for more at the socket alone: the rest of a larger record stays in OpenSSL, and an asynchronous user waits
 * for ever (pqReadData in src/interfaces/libpq/fe-misc.c; ruby-pg #588). Seen here with libpq 15: in records of 16 kB,
 * 2 of 3,000 answers of some 50 kB; in those of 8 kB, none of 6,000.
 */
const MAX_RECORD = 8192;

/** One for all sockets. */
const ignore = (): void => {};

/**
 * Terminates TLS on sockets that were accepted in plain text. A failed handshake is an error of its own socket;
 * neither callback below can throw, whatever name a client sends (Node CVE-2026-21637).
 */
export class TlsTerminator implements TlsServer {
  readonly #certificates: () => CertificateStore;

  /** @param certificates the store of this moment; a handshake keeps the one it began with. */
  constructor(certificates: () => CertificateStore) {
    this.#certificates = certificates;
  }

  async handshake(stream: Duplex, signal: AbortSignal): Promise<SecuredStream> {
    const store = this.#certificates();
    let used: ServedCertificate = store.select(undefined);
    const socket = new TLSSocket(stream, {
      isServer: true,
      // Bun's `setKeyCert` is without effect, so the context that a handshake begins with must be the one that asks.
      secureContext: (ON_BUN && used.asking) || used.context,
      requestCert: store.clients !== undefined,
      // Judged in the session: in here the answer could be an alert only, which libpq's users cannot read.
      rejectUnauthorized: false,
      SNICallback: (servername, done) => {
        used = store.select(servername);
        done(null, used.asking ?? used.context);
      },
      // Without an answer OpenSSL sends the alert no_application_protocol (RFC 7301, 3.2).
      ALPNCallback: ({ protocols }) => (protocols.includes(ALPN) ? ALPN : undefined),
    });
    // OpenSSL builds the chain to show from the authorities of the context that a handshake began with, and checks
    // clients by those of the one set later: so what clients are checked by is never shown as our own.
    await established(socket, signal, () => used.asking && socket.setKeyCert(used.asking));
    // Only now: Bun would not take it before.
    socket.setMaxSendFragment(MAX_RECORD);
    return {
      stream: socket,
      servername: typeof socket.servername === 'string' ? socket.servername : undefined,
      alpn: socket.alpnProtocol === false ? undefined : (socket.alpnProtocol ?? undefined),
      binding: used.binding,
      certificate:
        store.clients &&
        clientCertificateOf(socket, { used: store.clients, current: () => this.#certificates().clients }),
      version: socket.getProtocol() ?? 'unknown',
      cipher: socket.getCipher().name,
    };
  }
}

/**
 * Resolves once the handshake is done; its listeners stay no longer. Another one has to keep later errors harmless.
 *
 * @param prepare called when they are in place
 */
function established(socket: TLSSocket, signal: AbortSignal, prepare: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      socket.off('error', onError);
      socket.off('secure', onSecure);
      socket.off('end', onLeft);
      socket.off('close', onLeft);
      signal.removeEventListener('abort', onAbort);
      outcome();
    };
    const onSecure = (): void => settle(resolve);
    const onLeft = (): void => settle(() => reject(new ConnectionClosed()));
    const onAbort = (): void => settle(() => reject(signal.reason));
    const onError = (error: NodeJS.ErrnoException): void =>
      settle(() => reject(error.code === 'ECONNRESET' ? new ConnectionClosed(error) : error));
    // An 'error' without a listener would end the process.
    socket.on('error', ignore);
    socket.on('error', onError);
    socket.on('secure', onSecure);
    // A socket that may be half open tells of the end, and waits for us to close it.
    socket.on('end', onLeft);
    socket.on('close', onLeft);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    prepare();
  });
}
