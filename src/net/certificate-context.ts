import { constants } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** Floor of RSA keys: NIST SP 800-131A. OpenSSL refuses less by itself, BoringSSL does not. */
export const MIN_RSA_BITS = 2048;

/**
 * Key exchange with forward secrecy and authenticated encryption, nothing else (RFC 9325 §4.2). The TLS 1.3
 * names must be in it: node switches TLS 1.3 off for a list without any.
 */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** The first also holds against a recorded session and a later quantum computer; older OpenSSL lacks it. */
const WANTED_GROUPS = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'];

/** One unknown name would void the list, so each is tried alone, once. */
const GROUPS = knownGroups(WANTED_GROUPS).join(':');

/**
 * No resumption: a session resumed could carry one endpoint's certificate hash into another (PostgreSQL, too,
 * turns it off). Without tickets, and without a session cache, which node leaves to its user, there is nothing
 * to resume from; OpenSSL still hands TLS 1.3 clients a handle, which no later connection honours.
 *
 * Our order of suites counts, save that a client that puts ChaCha20 first, having no AES in hardware, gets it.
 */
const OPTIONS =
  constants.SSL_OP_NO_TICKET |
  constants.SSL_OP_NO_RENEGOTIATION |
  constants.SSL_OP_CIPHER_SERVER_PREFERENCE |
  constants.SSL_OP_PRIORITIZE_CHACHA;

/** What client certificates are checked against, in PEM form, one certificate or list a string. */
export interface ClientTrust {
  readonly ca: readonly string[];
  /** Empty: nothing is revoked. Otherwise every authority needs its list. */
  readonly crl: readonly string[];
}

/**
 * What a TLS server needs to show one certificate.
 *
 * @param chain PEM: the server's own certificate, then those that vouch for it
 * @param clients what to check clients by. With it, or with node's own list, OpenSSL would add to the chain what it
 * finds among the authorities: let a context without it start the handshake, as `TlsTerminator` does.
 * @throws OpenSSL's error where it will not have the certificate or the key
 */
export function serverContext(
  chain: string,
  key: string,
  minVersion: TlsVersion,
  clients?: ClientTrust,
): SecureContext {
  return createSecureContext({
    cert: chain,
    key,
    ca: [...(clients?.ca ?? [])],
    ...(clients !== undefined && clients.crl.length > 0 && { crl: [...clients.crl] }),
    minVersion,
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    ecdhCurve: GROUPS,
    secureOptions: OPTIONS,
  });
}

/** Those of the key exchange groups that this build of OpenSSL or BoringSSL knows. */
export function knownGroups(names: readonly string[]): string[] {
  return names.filter((name) => {
    try {
      createSecureContext({ ca: [], ecdhCurve: name });
      return true;
    } catch {
      return false; // ERR_CRYPTO_OPERATION_FAILED
    }
  });
}
