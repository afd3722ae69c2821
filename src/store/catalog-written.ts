import type { GivenUpstream } from '../catalog/commands.ts';
import type { Branch, Role, UpstreamLogin, UpstreamTarget } from '../catalog/model.ts';
import { isSealed } from '../config/sealed.ts';
import { authQuerySecret, roleSecret, type SecretOwner } from '../config/secret-owner.ts';
import { formatVerifier } from '../scram/verifier.ts';

/** A mapping as YAML has it. */
export type Written = Readonly<Record<string, unknown>>;

/** Seals a secret for the file. @throws where there is no key. */
export type Seal = (login: UpstreamLogin, owner: SecretOwner) => string;

/** Where what is written will stand. */
export interface Place {
  readonly projectId: string;
  readonly branchId: string;
  readonly seal: Seal;
}

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
export function writtenChild(
  branch: Branch,
  { parent, upstream }: { readonly parent: Written; readonly upstream: GivenUpstream | undefined },
  place: Place,
): Written {
  const { allowed_ips, upstream: inherited, auth_query, roles, ...others } = parent;
  const policy = Object.fromEntries(Object.entries(others).filter(([key]) => !OWN.includes(key)));
  const { database } = branch.upstream;
  return {
    id: branch.id,
    name: branch.name,
    parent_id: branch.parentId,
    ...(branch.provisioner !== undefined && { provisioner: branch.provisioner }),
    ...(branch.allowedIps !== undefined && { allowed_ips }),
    endpoints: branch.endpoints.map((id) => ({ id })),
    upstream: {
      ...(upstream === undefined ? (inherited as Written) : writtenUpstream(upstream)),
      ...(database !== undefined && { database: Object.fromEntries(database) }),
    },
    ...(branch.authQuery !== undefined && {
      auth_query: writtenAuthQuery(branch.authQuery, auth_query as Written, place),
    }),
    ...policy,
    roles: branch.roles.map((role) => writtenRole(role, place, roleIn(roles, role.name))),
  };
}

/** What no branch has from its parent. */
const OWN = ['id', 'name', 'parent_id', 'provisioner', 'default', 'protected', 'endpoints', 'reset_at'];

/** A role, after one of the same name where there is one; never with the verifier that the other one has. */
export function writtenRole(role: Role, place: Place, from: Written = {}): Written {
  const { upstream, verifier: _theirs, verifier_unrated: _mark, ...others } = from;
  const hasUpstream = role.upstream.role !== undefined || role.upstream.login !== undefined;
  return {
    ...others,
    name: role.name,
    ...(role.verifier !== undefined && { verifier: formatVerifier(role.verifier) }),
    ...(role.verifierUnrated && { verifier_unrated: true }),
    ...(hasUpstream && { upstream: writtenRoleUpstream(role, place, upstream as Written | undefined) }),
  };
}

/** A sealed text opens for its owner alone, so that its copy is sealed anew; a variable or a file is named again. */
function writtenRoleUpstream(
  { name, upstream: { role, login } }: Role,
  { projectId, branchId, seal }: Place,
  from: Written = {},
): Written {
  const known = from['role'] === role && isUnsealed(from['password']) ? from['password'] : undefined;
  return {
    ...(role !== undefined && { role }),
    ...(login !== undefined && { password: known ?? seal(login, roleSecret(projectId, branchId, name)) }),
  };
}

function writtenAuthQuery(
  { password }: NonNullable<Branch['authQuery']>,
  from: Written,
  { projectId, branchId, seal }: Place,
): Written {
  if (password === undefined || isUnsealed(from['password'])) return from;
  return { ...from, password: seal({ password }, authQuerySecret(projectId, branchId)) };
}

function isUnsealed(password: unknown): boolean {
  return password !== undefined && !(typeof password === 'string' && isSealed(password));
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
