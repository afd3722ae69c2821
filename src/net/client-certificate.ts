import type { TLSSocket } from 'node:tls';
import { faultOf } from '../certificates/client-fault.ts';
import { clientNames } from '../certificates/client-names.ts';
import type { ClientCertificate } from '../session/client-certificate.ts';
import type { ClientAuthorities } from './client-authorities.ts';

/** Stands for a verdict that the runtime does not tell. */
const UNTOLD = 'UNSPECIFIED';

/** What certificates of clients are checked by. */
export interface ClientChecks {
  /** What the handshake checked them by. */
  readonly used: ClientAuthorities;
  /** What is in force by now. */
  readonly current: () => ClientAuthorities | undefined;
}

/** Words of OpenSSL's for what only we can find out. */
const VERDICTS = { 'unknown-ca': 'UNABLE_TO_GET_ISSUER_CERT', revoked: 'CERT_REVOKED' } as const;

/**
 * The certificate that a client has shown, once the handshake is done: in TLS 1.3, too, the server's side is done
 * only when it has seen the client's certificate, and its signature over the handshake.
 */
export function clientCertificateOf(socket: TLSSocket, checks: ClientChecks): ClientCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const shown = {
    ...clientNames(certificate),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
  const { used, current } = checks;
  const verdict = verdictOn(socket);
  if (verdict !== undefined)
    return { ...shown, problem: { fault: faultOf(verdict, certificate, used.certificates), verdict } };
  const grounds = used.trust.groundsOf(certificate);
  return {
    ...shown,
    get problem() {
      const today = current();
      if (today === used) return undefined;
      const fault = today === undefined ? 'unknown-ca' : today.trust.fault(grounds);
      return fault && { fault, verdict: VERDICTS[fault] };
    },
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

/** An error's code, which on Bun comes without the error; `undefined` where there is no error. */
function codeOf(error: unknown): string | undefined {
  if (error === undefined || error === null) return undefined;
  if (typeof error === 'string' && /^[A-Z_]+$/.test(error)) return error;
  return error instanceof Error && 'code' in error ? String(error.code) : UNTOLD;
}
