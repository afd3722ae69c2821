import { isDeepStrictEqual } from 'node:util';
import type { AuthQuery, Branch, UpstreamTarget } from '../catalog/model.ts';
import { AuthQuerySource } from './auth-query.ts';
import { ControlPool } from './control-pool.ts';
import type { Dial } from './ports.ts';

/** Where a branch with auth_query asks, and what it has learned there. */
export interface Lookup {
  readonly upstream: UpstreamTarget;
  readonly authQuery: AuthQuery;
  readonly source: AuthQuerySource;
  readonly pool: ControlPool;
}

/**
 * The look-ups of every branch with auth_query. They outlive a reload of the catalog that changes neither where the
 * branch asks nor how: else each edit of any allowlist would close warm connections and forget who is known.
 */
export class Lookups {
  readonly #dial: Dial;
  readonly #now: () => number;
  readonly #share: number;
  /** By the branch's id, which is unique in a catalog; two for a while where an edit meets logins under way. */
  readonly #byBranch = new Map<string, Lookup[]>();

  constructor(dial: Dial, now: () => number, share = 1) {
    this.#dial = dial;
    this.#now = now;
    this.#share = share;
  }

  /** @returns undefined for a branch without auth_query. */
  of({ id, upstream, authQuery }: Branch): Lookup | undefined {
    if (authQuery === undefined) return undefined;
    const known = this.#byBranch.get(id) ?? [];
    const same = known.find((lookup) => asksAlike(lookup, { upstream, authQuery }));
    if (same !== undefined) return same;
    const pool = new ControlPool(this.#dial, upstream, authQuery);
    const source = new AuthQuerySource(authQuery, pool, this.#now, this.#share);
    const made = { upstream, authQuery, source, pool };
    this.#byBranch.set(id, [...known, made]);
    return made;
  }

  /** Closes all but those of these branches, as they are now. */
  retain(branches: Iterable<Branch>): void {
    const current = new Map(Array.from(branches, (branch) => [branch.id, branch]));
    for (const [id, lookups] of this.#byBranch) {
      const branch = current.get(id);
      const kept = lookups.filter((lookup) => branch !== undefined && asksAlike(lookup, branch));
      for (const lookup of lookups) if (!kept.includes(lookup)) lookup.pool.close();
      if (kept.length > 0) this.#byBranch.set(id, kept);
      else this.#byBranch.delete(id);
    }
  }
}

/** Which databases clients are shown is no matter of ours: we ask in one of our own. */
function asksAlike(
  known: Pick<Lookup, 'upstream' | 'authQuery'>,
  { upstream, authQuery }: Pick<Branch, 'upstream' | 'authQuery'>,
): boolean {
  if (authQuery === undefined) return false;
  // Secrets print alike, and compare alike.
  if (known.authQuery.password?.reveal() !== authQuery.password?.reveal()) return false;
  const plain = { password: undefined };
  return (
    isDeepStrictEqual({ ...known.authQuery, ...plain }, { ...authQuery, ...plain }) &&
    isDeepStrictEqual({ ...known.upstream, database: undefined }, { ...upstream, database: undefined })
  );
}
