import { formatAddress } from '../allowlist/address.ts';
import { NOWHERE } from '../catalog/nowhere.ts';
import { addressNotAllowed } from './refusals.ts';
import type { Way } from './route.ts';
import type { Visit } from './visit.ts';

/** The branch's allowlist, before any credential is looked at. */
export function admit({ source }: Visit, { catalog, place }: Way): void {
  const { project, branch } = place ?? NOWHERE;
  const allowlist = catalog.allowlistOf(project, branch);
  if (allowlist === undefined || allowlist.admits(source.address)) return;
  throw addressNotAllowed(formatAddress(source.address));
}
