import type { Branch, Role, UpstreamLogin } from '../catalog/model.ts';
import type { Secret } from '../catalog/secret.ts';
import { upstreamRole } from '../catalog/upstream-names.ts';
import { type Credentials, fixedKeys, passwordKeys } from '../scram/credentials.ts';
import type { Verifier } from '../scram/verifier.ts';
import { Lookups } from './lookups.ts';
import type { Dial } from './ports.ts';

/** What the gateway knows of a name on a branch. */
export interface RoleLogin {
  /** `undefined`: a mock exchange follows, since there is nothing to check a proof against. */
  readonly verifier: Verifier | undefined;
  /** For our log: why there is none. */
  readonly why: string | undefined;
  /** Whether the catalog holds the verifier; else it is the upstream's own. */
  readonly held: boolean;
  readonly upstreamRole: string;
  readonly upstreamPassword: Secret | undefined;
  /** The same password, or keys that are kept in its place; `undefined`: the client's own proof logs in (ClientKey passthrough). */
  readonly upstreamKeys: Credentials | undefined;
  /** Sessions at a time; `undefined`: no bound of its own. */
  readonly connectionLimit: number | undefined;
  /** To be called once the name's bearer has proved to be one. */
  readonly proven: () => void;
}

/** The verifiers of every branch: the catalog's roles first, then the upstream's own where auth_query is set. */
export class Verifiers {
  readonly #lookups: Lookups;
  readonly #roles = new WeakMap<Branch, ReadonlyMap<string, RoleLogin>>();

  /** @param share of the rate of look-ups: less than 1 where other processes ask the same upstreams. */
  constructor(dial: Dial, now: () => number, share = 1) {
    this.#lookups = new Lookups(dial, now, share);
  }

  /**
   * @param source from where the name's bearer comes, as `addressPrefix` has it.
   * @throws UpstreamUnreachable where an auth_query got no answer.
   */
  async find(branch: Branch, name: string, source: string): Promise<RoleLogin> {
    const known = this.#rolesOf(branch).get(name);
    if (known !== undefined) return known;
    const lookup = this.#lookups.of(branch);
    if (lookup === undefined) return NO_SUCH_ROLE;
    const found = await lookup.source.find(name, source);
    const why = found.verifier === undefined ? found.why : undefined;
    return {
      verifier: found.verifier,
      why,
      held: false,
      upstreamRole: name,
      upstreamPassword: undefined,
      upstreamKeys: undefined,
      connectionLimit: undefined,
      proven: () => lookup.source.acquaint(name, source),
    };
  }

  /** Closes what belongs to branches that are gone, or ask elsewhere now. */
  retain(branches: Iterable<Branch>): void {
    this.#lookups.retain(branches);
  }

  #rolesOf(branch: Branch): ReadonlyMap<string, RoleLogin> {
    const known =
      this.#roles.get(branch) ?? new Map(branch.roles.map((role) => [role.name, catalogLogin(role)]));
    this.#roles.set(branch, known);
    return known;
  }
}

/** One for all names, so that nothing is made for an unknown one that is not for a known. */
const NO_SUCH_ROLE: RoleLogin = {
  verifier: undefined,
  why: 'no such role',
  held: false,
  upstreamRole: '',
  upstreamPassword: undefined,
  upstreamKeys: undefined,
  connectionLimit: undefined,
  proven: () => {},
};

function catalogLogin(role: Role): RoleLogin {
  const { login } = role.upstream;
  return {
    verifier: role.verifier,
    why: role.verifier === undefined ? 'role is not permitted to log in' : undefined,
    held: true,
    upstreamRole: upstreamRole(role),
    upstreamPassword: login !== undefined && 'password' in login ? login.password : undefined,
    upstreamKeys: login && credentialsOf(role.name, login),
    connectionLimit: role.connectionLimit,
    proven: () => {},
  };
}

function credentialsOf(role: string, login: UpstreamLogin): Credentials {
  if ('password' in login) return passwordKeys(login.password.reveal());
  const keys = login.keys.reveal();
  return fixedKeys(keys, keys, staleKeys(role));
}

function staleKeys(role: string): string {
  return `the upstream's salt for role ${JSON.stringify(role)} changed (its password was set anew?): run roles set-upstream again`;
}
