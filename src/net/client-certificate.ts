import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { faultOf } from '../certificates/client-fault.ts';
import { clientNames } from '../certificates/client-names.ts';
import type { ClientCertificate } from '../session/ports.ts';

/** Stands for a verdict that the runtime does not tell. */
const UNTOLD = 'UNSPECIFIED';

/**
 * The certificate that a client has shown, once the handshake is done: in TLS 1.3, too, the server's side is done
 * only when it has seen the client's certificate, and its signature over the handshake.
 *
 * @param authorities those that the handshake checked it against
 */
export function clientCertificateOf(
  socket: TLSSocket,
  authorities: readonly X509Certificate[],
): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const verdict = verdictOn(socket);
  return {
    ...clientNames(certificate),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    problem:
      verdict === undefined ? undefined : { fault: faultOf(verdict, certificate, authorities), verdict },
  };
}

/**
 * What the TLS library thinks of the peer's certificate; `undefined`: all is well. Bun says it in `authorized`. Node
 * says it there only on the sockets of a tls.Server, which ours is not, and otherwise on the socket's handle alone;
 * should a later node say it nowhere, every certificate is refused.
 */
function verdictOn(socket: TLSSocket): string | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle === 'object' && handle !== null && 'verifyError' in handle) {
    if (typeof handle.verifyError !== 'function') return UNTOLD;
    return codeOf(handle.verifyError());
  }
  return socket.authorized ? undefined : (codeOf(socket.authorizationError) ?? UNTOLD);
}

/** An error's code; `undefined` where there is no error. */
function codeOf(error: unknown): string | undefined {
  if (error === undefined || error === null) return undefined;
  return error instanceof Error && 'code' in error ? String(error.code) : UNTOLD;
}
