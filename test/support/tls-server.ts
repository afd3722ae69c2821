import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type SecureContext, TLSSocket } from 'node:tls';
import type { Test } from 'tap';

/** What one TLS connection came to, as the client saw it. */
export interface Handshake {
  readonly protocol: string | null;
  readonly cipher: string;
  /** Subject of the certificate that was shown. */
  readonly shown: string | undefined;
  readonly resumed: boolean;
  readonly session: Buffer | undefined;
}

/**
 * A server that answers plain TCP by TLS at once, as the gateway does after SSLRequest, says one word and waits
 * for the client to leave. Closed with the test.
 */
export async function tlsServer(
  t: Test,
  choose: (servername: string | undefined) => SecureContext,
): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((plain) => {
    sockets.add(plain);
    plain.on('error', () => plain.destroy());
    const secured = new TLSSocket(plain, {
      isServer: true,
      secureContext: choose(undefined),
      SNICallback: (servername, done) => done(null, choose(servername)),
    });
    secured.on('error', () => secured.destroy());
    secured.on('secure', () => secured.write('hello'));
    secured.on('end', () => secured.end());
    secured.resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Connects, waits for the server's word and for the session that it may hand out, and leaves. */
export async function handshake(port: number, options: ConnectionOptions = {}): Promise<Handshake> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let session: Buffer | undefined;
  socket.on('session', (given) => {
    session = given;
  });
  await once(socket, 'data');
  const outcome = {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().name,
    shown: socket.getPeerX509Certificate()?.subject,
    resumed: socket.isSessionReused(),
  };
  socket.end();
  await once(socket, 'close');
  return { ...outcome, session };
}
