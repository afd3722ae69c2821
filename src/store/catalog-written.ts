import type { GivenUpstream } from '../catalog/commands.ts';
import type { Branch, Role, UpstreamTarget } from '../catalog/model.ts';
import { formatVerifier } from '../scram/verifier.ts';

/** A mapping as YAML has it. */
export type Written = Readonly<Record<string, unknown>>;

/** A project's first branch. */
export function writtenFirstBranch(branch: Branch, upstream: GivenUpstream): Written {
  return {
    id: branch.id,
    name: branch.name,
    default: true,
    endpoints: branch.endpoints.map((id) => ({ id })),
    upstream: writtenUpstream(upstream),
    roles: [],
  };
}

/**
 * A branch after its parent: every key of the parent's that is not its own counts for it too, also one that
 * the rules do not know.
 */
export function writtenChild(branch: Branch, parent: Written, upstream: GivenUpstream | undefined): Written {
  const { allowed_ips, upstream: inherited, auth_query, roles, ...others } = parent;
  const policy = Object.fromEntries(Object.entries(others).filter(([key]) => !OWN.includes(key)));
  const { database } = branch.upstream;
  return {
    id: branch.id,
    name: branch.name,
    parent_id: branch.parentId,
    ...(branch.allowedIps !== undefined && { allowed_ips }),
    endpoints: branch.endpoints.map((id) => ({ id })),
    upstream: {
      ...(upstream === undefined ? (inherited as Written) : writtenUpstream(upstream)),
      ...(database !== undefined && { database: Object.fromEntries(database) }),
    },
    ...(branch.authQuery !== undefined && { auth_query }),
    ...policy,
    roles: branch.roles.map((role) => writtenRole(role, roleIn(roles, role.name))),
  };
}

/** What no branch has from its parent. */
const OWN = ['id', 'name', 'parent_id', 'default', 'protected', 'endpoints'];

/** A role, after one of the same name where there is one; never with the verifier that the other one has. */
export function writtenRole(role: Role, from: Written = {}): Written {
  const { upstream, verifier: _theirs, ...others } = from;
  const hasLogin = role.upstream.role !== undefined || role.upstream.password !== undefined;
  return {
    ...others,
    name: role.name,
    ...(role.verifier !== undefined && { verifier: formatVerifier(role.verifier) }),
    ...(hasLogin && { upstream }),
  };
}

export function roleIn(roles: unknown, name: string): Written {
  const list: readonly Written[] = Array.isArray(roles) ? roles : [];
  return list.find((role) => role['name'] === name) ?? {};
}

function writtenUpstream({ target, rootCertFile }: GivenUpstream): Written {
  return {
    host: target.host,
    port: target.port,
    ...(!target.host.startsWith('/') && { sslmode: target.sslmode }),
    ...(rootCertFile !== undefined && { sslrootcert: rootCertFile }),
    ...(!isDefaultAuth(target) && { require_auth: [...target.requireAuth] }),
    ...(target.channelBinding !== 'prefer' && { channel_binding: target.channelBinding }),
    ...(target.proxyProtocol !== 'off' && { proxy_protocol: target.proxyProtocol }),
    ...(target.database !== undefined && { database: Object.fromEntries(target.database) }),
  };
}

function isDefaultAuth({ requireAuth }: UpstreamTarget): boolean {
  return requireAuth.size === 1 && requireAuth.has('scram-sha-256');
}
