import { SESSIONS_PATH } from '../admin/sessions.ts';
import { parseAddress } from '../allowlist/address.ts';
import { ask, controlSocketOf } from '../app/control-client.ts';
import type { CatalogState } from '../catalog/find.ts';
import { CatalogSnapshot } from '../catalog/snapshot.ts';
import { type ConfigFlags, configPath } from './config-options.ts';

export interface LiveSession {
  readonly address: string;
  readonly project?: string;
  readonly branch?: string;
}

/** Lines about live sessions that a change of allowlists ends. @param live as they were before it */
export function shutOut(live: readonly LiveSession[], after: CatalogState): string[] {
  const snapshot = new CatalogSnapshot(after);
  const counts = new Map<string, number>();
  for (const { project = '', branch = '', address } of live) {
    const place = snapshot.findBranch(project, branch);
    const parsed = parseAddress(address);
    if (place === undefined || parsed === undefined) continue;
    if (snapshot.allowlistOf(place.project, place.branch)?.admits(parsed) !== false) continue;
    counts.set(address, (counts.get(address) ?? 0) + 1);
  }
  return [...counts].map(([address, n]) => {
    const sessions = n === 1 ? '1 live session' : `${n} live sessions`;
    return `${sessions} from ${address} ${n === 1 ? 'is' : 'are'} cut: ip-allow add ${address} lets that address in again`;
  });
}

/** Those of the gateway that runs on the configuration; none where none does. */
export async function liveSessions(flags: ConfigFlags): Promise<readonly LiveSession[]> {
  const socketPath = controlSocketOf((await configPath(flags)) ?? '');
  // Most of the time there is no gateway to ask, and then nobody to warn of.
  const reply = await ask({ socketPath }, 'GET', SESSIONS_PATH).catch(() => undefined);
  if (reply?.status !== 200) return [];
  return (JSON.parse(reply.body) as { readonly sessions?: readonly LiveSession[] }).sessions ?? [];
}
