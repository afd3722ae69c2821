import type { X509Certificate } from 'node:crypto';

/** Why a client certificate is not good. `invalid`: for another reason, which the verdict names. */
export type ClientCertificateFault =
  | 'expired'
  | 'not-yet-valid'
  | 'revoked'
  | 'crl-expired'
  | 'self-signed'
  | 'unknown-ca'
  | 'invalid';

/** Names of OpenSSL's and BoringSSL's verdicts (`X509_verify_cert_error_string`), as node spells them. */
const FAULTS: ReadonlyMap<string, ClientCertificateFault> = new Map([
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'not-yet-valid'],
  ['CERT_REVOKED', 'revoked'],
  ['CRL_HAS_EXPIRED', 'crl-expired'],
]);

/** Longer ways up to an authority are not looked at; OpenSSL refuses them anyway (X509_STORE_CTX: 100). */
export const MAX_STEPS = 10;

/**
 * Puts a word to a refusal that the TLS library has decided. It keeps the last of its complaints: of a stranger's
 * certificate it says that there is no revocation list for it, or that it has expired, so where the certificate
 * comes from is looked at first.
 *
 * @param certificate with the certificates that the client sent along as its `issuerCertificate`
 */
export function faultOf(
  verdict: string,
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): ClientCertificateFault {
  if (leadsTo(certificate, authorities)) return FAULTS.get(verdict) ?? 'invalid';
  return isIssuedBy(certificate, certificate) ? 'self-signed' : 'unknown-ca';
}

function leadsTo(leaf: X509Certificate, authorities: readonly X509Certificate[]): boolean {
  const way = [leaf];
  for (const certificate of way) {
    if (authorities.some((authority) => isIssuedBy(certificate, authority))) return true;
    const { issuerCertificate } = certificate;
    if (issuerCertificate !== undefined && way.length < MAX_STEPS) way.push(issuerCertificate);
  }
  return false;
}

export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    return false; // A key or a signature of a kind that the library does not know.
  }
}
