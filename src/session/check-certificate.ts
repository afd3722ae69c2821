import { NOWHERE } from '../catalog/nowhere.ts';
import { certificateObjection } from './client-certificate.ts';
import type { Way } from './route.ts';
import type { Visit } from './visit.ts';

/**
 * The client certificate, as pg_hba.conf's `clientcert` has it (PostgreSQL manual, 20.12): a second factor, after
 * which the password is asked for all the same. Roles are not looked up, so that one that does not exist is answered
 * like any other.
 */
export function checkCertificate({ certificate }: Visit, { place, role }: Way): void {
  const why = certificateObjection((place ?? NOWHERE).branch, certificate, role);
  if (why !== undefined) throw why;
}
