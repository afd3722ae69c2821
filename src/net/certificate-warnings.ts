import type { X509Certificate } from 'node:crypto';
import type { Validity } from '../certificates/lifetimes.ts';
import type { CertificatePair, PairContents } from './certificate-pair.ts';
import type { CertificateProblem } from './certificate-problem.ts';

/** A file whose contents end. */
export interface Expiring extends Validity {
  /** Absolute path. */
  readonly file: string;
  readonly what: 'certificate' | 'revocation list';
}

/** What is served all the same, but will not please every client. `binding`: tls-server-end-point's hash. */
export function pairWarnings(
  pair: CertificatePair,
  { leaf, chain }: PairContents,
  { now, binding }: { readonly now: Date; readonly binding: Buffer | undefined },
): CertificateProblem[] {
  const messages = [
    periodWarning({ notBefore: leaf.validFromDate, notAfter: leaf.validToDate }, now),
    leaf.subjectAltName === undefined
      ? 'has no subjectAltName: clients that verify names will refuse it'
      : undefined,
    chainWarning(chain),
    binding === undefined
      ? `channel binding does not work with it (signed with ${leaf.signatureAlgorithm}): use one signed by RSA or ECDSA`
      : undefined,
  ];
  return messages
    .filter((message) => message !== undefined)
    .map((message) => ({ file: pair.cert, message, severity: 'warning' }));
}

/** Why the certificate is not valid at this time; `undefined` where it is. */
export function periodWarning({ notBefore, notAfter }: Validity, now: Date): string | undefined {
  if (now > notAfter) return `ended on ${notAfter.toISOString()}: renew it`;
  if (now < notBefore) return `is not valid before ${notBefore.toISOString()}`;
  return undefined;
}

/** As `periodWarning`. An ended list vouches for nobody any more: its authority's certificates are refused. */
export function expiryWarning(expiring: Expiring, now: Date): string | undefined {
  const warning = periodWarning(expiring, now);
  if (warning === undefined || expiring.what === 'certificate') return warning;
  return `${warning}, client certificates are refused until then`;
}

/** RFC 5246 §7.4.2: each certificate certifies the one before it. Many clients, not all, sort it out. */
function chainWarning(chain: readonly X509Certificate[]): string | undefined {
  const place = chain.findIndex((certificate, i) => chain[i - 1]?.checkIssued(certificate) === false);
  if (place < 0) return undefined;
  return `certificate ${place + 1} in it did not issue certificate ${place}: the order is server, then issuers`;
}
