import type { Branch } from '../catalog/model.ts';
import { NOWHERE } from '../catalog/nowhere.ts';
import type { ClientCertificate } from './ports.ts';
import { certificateOfAnother, certificateRequired } from './refusals.ts';
import type { Way } from './route.ts';
import type { Visit } from './visit.ts';

/**
 * The client certificate, as pg_hba.conf's `clientcert` has it (PostgreSQL manual, 20.12): a second factor, after
 * which the password is asked for all the same. As in PostgreSQL, one that was not asked for must be good, too.
 * Roles are not looked up, so that one that does not exist is answered like any other.
 */
export function checkCertificate({ certificate }: Visit, { place, role }: Way): void {
  const rule = (place ?? NOWHERE).branch;
  if (rule.clientCertificate === 'off') return;
  if (certificate === undefined) {
    if (rule.clientCertificate === 'optional') return;
    throw certificateRequired('missing', 'no client certificate was shown');
  }
  const { problem } = certificate;
  if (problem !== undefined) {
    throw certificateRequired(problem.fault, `the client certificate is not good: ${problem.verdict}`);
  }
  if (!names(certificate, rule.clientCertificateRole, role)) throw certificateOfAnother(role);
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
