import type { Branch } from '../catalog/model.ts';
import type { ClientCertificateFault } from '../certificates/client-fault.ts';
import type { ClientNames } from '../certificates/client-names.ts';
import { certificateOfAnother, certificateRequired, type Refusal } from './refusals.ts';

/** A certificate whose key the client has proved to hold. */
export interface ClientCertificate extends ClientNames {
  /** SHA-256 of its DER encoding, lower-case hex. */
  readonly fingerprint: string;
  /**
   * As of now: authorities and revocation lists may have changed since the handshake. `undefined`: it is good.
   * Otherwise why not, and the TLS library's word for it.
   */
  readonly problem: { readonly fault: ClientCertificateFault; readonly verdict: string } | undefined;
}

/**
 * Why a branch does not take a client with this certificate, or none, as this role; undefined where it does. As in
 * PostgreSQL, a certificate that was not asked for must be good, too.
 */
export function certificateObjection(
  rule: Pick<Branch, 'clientCertificate' | 'clientCertificateRole'>,
  certificate: ClientCertificate | undefined,
  role: string,
): Refusal | undefined {
  if (rule.clientCertificate === 'off') return undefined;
  if (certificate === undefined) {
    if (rule.clientCertificate === 'optional') return undefined;
    return certificateRequired('missing', 'no client certificate was shown');
  }
  const { problem } = certificate;
  if (problem !== undefined)
    return certificateRequired(problem.fault, `the client certificate is not good: ${problem.verdict}`);
  return names(certificate, rule.clientCertificateRole, role) ? undefined : certificateOfAnother(role);
}

/** Letter by letter: a role's name has its case, and `*` stands for nothing but itself. */
function names(
  { commonName, sans }: ClientCertificate,
  where: Branch['clientCertificateRole'],
  role: string,
): boolean {
  switch (where) {
    case 'off':
      return true;
    case 'cn':
      return commonName === role;
    case 'san':
      return sans.dns.includes(role) || sans.email.includes(role);
  }
}
