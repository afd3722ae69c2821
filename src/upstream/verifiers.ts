import type { Branch, Role } from '../catalog/model.ts';
import type { Secret } from '../catalog/secret.ts';
import { type Credentials, passwordKeys } from '../scram/credentials.ts';
import type { Verifier } from '../scram/verifier.ts';
import { AuthQuerySource } from './auth-query.ts';
import { ControlPool } from './control-pool.ts';
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
  /** The same password as keys; `undefined`: the client's own proof logs in (ClientKey passthrough). */
  readonly upstreamKeys: Credentials | undefined;
  /** Sessions at a time; `undefined`: no bound of its own. */
  readonly connectionLimit: number | undefined;
  /** To be called once the name's bearer has proved to be one. */
  readonly proven: () => void;
}

interface BranchSource {
  readonly roles: ReadonlyMap<string, RoleLogin>;
  readonly lookups: { readonly source: AuthQuerySource; readonly pool: ControlPool } | undefined;
}

/** The verifiers of every branch: the catalog's roles first, then the upstream's own where auth_query is set. */
export class Verifiers {
  readonly #dial: Dial;
  readonly #now: () => number;
  readonly #sources = new Map<Branch, BranchSource>();

  constructor(dial: Dial, now: () => number) {
    this.#dial = dial;
    this.#now = now;
  }

  /**
   * @param source from where the name's bearer comes, as `addressPrefix` has it.
   * @throws UpstreamUnreachable where an auth_query got no answer.
   */
  async find(branch: Branch, name: string, source: string): Promise<RoleLogin> {
    const { roles, lookups } = this.#sourceOf(branch);
    const known = roles.get(name);
    if (known !== undefined) return known;
    const login = {
      held: false,
      upstreamRole: name,
      upstreamPassword: undefined,
      upstreamKeys: undefined,
      connectionLimit: undefined,
    };
    if (lookups === undefined)
      return { ...login, verifier: undefined, why: 'no such role', proven: () => {} };
    const found = await lookups.source.find(name, source);
    const why = found.verifier === undefined ? found.why : undefined;
    return { ...login, verifier: found.verifier, why, proven: () => lookups.source.acquaint(name, source) };
  }

  /** Closes what belongs to branches that are gone. */
  retain(branches: Iterable<Branch>): void {
    const kept = new Set(branches);
    for (const [branch, { lookups }] of this.#sources) {
      if (kept.has(branch)) continue;
      lookups?.pool.close();
      this.#sources.delete(branch);
    }
  }

  #sourceOf(branch: Branch): BranchSource {
    const known = this.#sources.get(branch);
    if (known !== undefined) return known;
    const source = {
      roles: new Map(branch.roles.map((role) => [role.name, catalogLogin(role)])),
      lookups: branch.authQuery === undefined ? undefined : this.#lookupsFor(branch, branch.authQuery),
    };
    this.#sources.set(branch, source);
    return source;
  }

  #lookupsFor(branch: Branch, settings: NonNullable<Branch['authQuery']>): BranchSource['lookups'] {
    const pool = new ControlPool(this.#dial, branch.upstream, settings);
    return { pool, source: new AuthQuerySource(settings, pool, this.#now) };
  }
}

function catalogLogin(role: Role): RoleLogin {
  return {
    verifier: role.verifier,
    why: role.verifier === undefined ? 'role is not permitted to log in' : undefined,
    held: true,
    upstreamRole: role.upstream.role ?? role.name,
    upstreamPassword: role.upstream.password,
    upstreamKeys: role.upstream.password && passwordKeys(role.upstream.password.reveal()),
    connectionLimit: role.connectionLimit,
    proven: () => {},
  };
}
