import type { Allowlist } from '../allowlist/allowlist.ts';
import type { ShownValue } from './catalog-change.ts';
import type { Settings } from './policy-model.ts';
import { AUTH_QUERY, LOGIN, MIN_BITS } from './policy-settings.ts';

/** Words from the loosest to the strictest. */
const STRICTNESS: ReadonlyMap<string, readonly string[]> = new Map([
  ['client_certificate', ['off', 'optional', 'required']],
  ['sql.prehashed_passwords', ['allow', 'refuse']],
  ['sql.audit', ['none', 'ddl', 'all']],
  ['upstream.sslmode', ['disable', 'require', 'verify-ca', 'verify-full']],
  ['upstream.channel_binding', ['disable', 'prefer', 'require']],
]);

/** Settings that forbid while they are false. */
const PERMISSIONS = new Set([
  'replication',
  'auth_query.superusers',
  'auth_query.replication_roles',
  'default',
]);

/** Settings of which another value lets somebody else in, or leads elsewhere. */
const IDENTITIES = new Set([
  'upstream.host',
  'upstream.port',
  'upstream.sslrootcert',
  'auth_query.database',
  'auth_query.query',
  AUTH_QUERY,
]);

/** Whether another value of a branch's or a project's setting may let somebody in who was not let in before. */
export function settingLoosens(name: string, before: ShownValue, after: ShownValue): boolean {
  const order = STRICTNESS.get(name);
  if (order !== undefined) return order.indexOf(String(after)) < order.indexOf(String(before));
  if (PERMISSIONS.has(name)) return after === true;
  if (IDENTITIES.has(name)) return after !== null;
  if (name === 'client_certificate_role') return before !== 'off';
  if (name === 'connection_limit') return limitGrows(before, after);
  // Null: no password is looked at.
  if (name === MIN_BITS) return Number(after ?? 0) < Number(before ?? 0);
  if (name === 'upstream.require_auth' || name === 'upstream.database') return listGrows(before, after);
  return false;
}

/** The same for a role's. */
export function roleLoosens(name: string, before: Settings, after: Settings): boolean {
  const [was, is] = [before[name] ?? null, after[name] ?? null];
  if (name === LOGIN) return is === true;
  if (name === 'connection_limit') return limitGrows(was, is);
  return name === 'upstream.role' || name === 'upstream.login';
}

/** Null: no limit. */
function limitGrows(before: ShownValue, after: ShownValue): boolean {
  if (before === null) return false;
  return after === null || Number(after) > Number(before);
}

/** Null: everything. */
function listGrows(before: ShownValue, after: ShownValue): boolean {
  if (before === null) return false;
  if (!Array.isArray(before) || !Array.isArray(after)) return true;
  return after.some((entry) => !before.includes(entry));
}

/** A branch's list, before a change or after it; `undefined`: it admits everyone. */
type List = Allowlist | undefined;

/**
 * Whether a list admits an address that the one before did not admit. Branches that fall back to one list of their
 * project ask the same; the answer is kept for as long as the function is.
 */
export function growthJudge(): (before: List, after: List) => boolean {
  const known: { before: List; after: List; grows: boolean }[] = [];
  return (before, after) => {
    if (before === undefined) return false;
    if (after === undefined) return true;
    const found = known.find((each) => each.before === before && each.after === after);
    if (found !== undefined) return found.grows;
    const grows = !after.isWithin(before);
    known.push({ before, after, grows });
    return grows;
  };
}
