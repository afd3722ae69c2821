import { SESSIONS_PATH } from '../admin/sessions.ts';
import { parseAddress } from '../allowlist/address.ts';
import { ask, controlSocketOf, isNobodyThere, objectOf } from '../app/control-client.ts';
import type { CatalogState } from '../catalog/find.ts';
import { CatalogSnapshot } from '../catalog/snapshot.ts';
import { errorCode } from '../store/system-error.ts';
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

/** Sessions, or why nobody knows which there are. */
export type Live =
  | { readonly sessions: readonly LiveSession[] }
  /** To stand behind "live sessions could not be looked up:". */
  | { readonly problem: string };

/** Those of the gateway that runs on the configuration; none where none does. Never rejects for what a gateway does. */
export async function liveSessions(flags: ConfigFlags): Promise<Live> {
  const socketPath = controlSocketOf((await configPath(flags)) ?? '');
  try {
    const reply = await ask({ socketPath }, 'GET', SESSIONS_PATH);
    if (reply.status !== 200) return { problem: `the gateway answered ${reply.status}` };
    const { sessions } = objectOf(reply);
    return Array.isArray(sessions) ? { sessions } : { problem: 'the gateway’s answer has none' };
  } catch (error) {
    // No gateway runs, and nobody is to be warned of.
    if (isNobodyThere(error)) return { sessions: [] };
    return { problem: errorCode(error) ?? (error instanceof Error ? error.message : 'no reason given') };
  }
}
