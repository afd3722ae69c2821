import type { AuthQuery } from '../catalog/model.ts';
import { parseVerifier, type Verifier } from '../scram/verifier.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import type { Row } from './control-connection.ts';
import { UpstreamUnreachable } from './ports.ts';
import { TokenBucket } from './token-bucket.ts';

/** A role as the upstream knows it; `why` says for our log why there is no verifier. */
export type FoundVerifier =
  | { readonly verifier: Verifier }
  | { readonly verifier: undefined; readonly why: string };

/** How the question reaches the upstream. */
export interface Questions {
  query(sql: string, parameter: string): Promise<Row[]>;
}

/** Every name and operator is schema-qualified besides the pinned search_path. */
export const DEFAULT_QUERY = `SELECT rolname, rolpassword, rolcanlogin, rolsuper, rolreplication,
  (rolvaliduntil IS NULL OR rolvaliduntil OPERATOR(pg_catalog.>) pg_catalog.now()) AS valid
FROM pg_catalog.pg_authid WHERE rolname OPERATOR(pg_catalog.=) $1::pg_catalog.name`;

/** What a query must return; the default one does. */
const COLUMNS = ['rolname', 'rolpassword', 'rolcanlogin', 'rolsuper', 'rolreplication', 'valid'] as const;

/** For how long an answer is believed, a name's absence as well as its verifier, in ms. */
const CACHE_MS = 5000;
const MAX_CACHED_NAMES = 10_000;
/**
 * Strangers' names reach the upstream at this rate. A name that has logged in from there is asked for at a rate of its
 * own; from elsewhere it is one of many, or a flood of invented names would show which others are in use.
 */
const STRANGERS = { perSecond: 50, burst: 100 };
const ACQUAINTANCES = { perSecond: 500, burst: 1000 };
const MAX_ACQUAINTANCES = 10_000;

interface Answer {
  /** When it was asked for. */
  readonly at: number;
  readonly found: Promise<FoundVerifier>;
  /** Whoever asks meanwhile waits for the same answer, however long it takes. */
  pending: boolean;
}

/**
 * One branch's verifiers, read from its upstream: one question a name at a time, answers kept for 5 s,
 * unknown names like known ones, at a bounded rate, so that strangers cannot drive queries upstream.
 */
export class AuthQuerySource {
  readonly #settings: AuthQuery;
  readonly #questions: Questions;
  readonly #now: () => number;
  readonly #cache = new Map<string, Answer>();
  readonly #acquaintances = new Set<string>();
  readonly #strangerRate: TokenBucket;
  readonly #acquaintanceRate: TokenBucket;

  /**
   * @param now milliseconds on a clock that does not go back.
   * @param share of the rates: less than 1 where other processes ask the same upstream.
   */
  constructor(settings: AuthQuery, questions: Questions, now: () => number, share = 1) {
    this.#settings = settings;
    this.#questions = questions;
    this.#now = now;
    this.#strangerRate = new TokenBucket(STRANGERS.perSecond * share, STRANGERS.burst * share, now());
    this.#acquaintanceRate = new TokenBucket(
      ACQUAINTANCES.perSecond * share,
      ACQUAINTANCES.burst * share,
      now(),
    );
  }

  /**
   * @param source from where the name's bearer comes.
   * @throws UpstreamUnreachable where the upstream gave no usable answer, or too many names were asked for.
   */
  async find(name: string, source: string): Promise<FoundVerifier> {
    // The cast to `name` would cut a longer one short, into another role's.
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) return { verifier: undefined, why: 'no such role' };
    const rate = this.#rateFor(name, source);
    // Even where the answer is at hand: it would tell a name that is in use from others.
    if (!rate.holds(this.#now())) throw new UpstreamUnreachable('too many role look-ups by auth_query');
    const cached = this.#cache.get(name);
    if (cached !== undefined && (cached.pending || this.#now() - cached.at < CACHE_MS))
      return await cached.found;
    rate.take(this.#now());
    const found = this.#ask(name);
    this.#remember(name, found);
    return await found;
  }

  /** The name's bearer has proved to be one: strangers cannot use up the rate it is looked up at from there. */
  acquaint(name: string, source: string): void {
    const acquaintance = acquaintanceOf(name, source);
    this.#acquaintances.delete(acquaintance);
    this.#acquaintances.add(acquaintance);
    dropOldest(this.#acquaintances, MAX_ACQUAINTANCES);
  }

  #rateFor(name: string, source: string): TokenBucket {
    return this.#acquaintances.has(acquaintanceOf(name, source))
      ? this.#acquaintanceRate
      : this.#strangerRate;
  }

  #remember(name: string, found: Promise<FoundVerifier>): void {
    this.#cache.delete(name);
    const entry = { at: this.#now(), found, pending: true };
    this.#cache.set(name, entry);
    dropOldest(this.#cache, MAX_CACHED_NAMES);
    const settle = (): void => {
      entry.pending = false;
    };
    found.then(settle, () => {
      // A failure is told to those who wait for it now, and is no answer for the next.
      if (this.#cache.get(name) === entry) this.#cache.delete(name);
    });
  }

  async #ask(name: string): Promise<FoundVerifier> {
    const rows = await this.#questions.query(this.#settings.query ?? DEFAULT_QUERY, name);
    const row = rows[0];
    if (rows.length > 1) throw new UpstreamUnreachable('auth_query returned more than one row');
    if (row === undefined) return { verifier: undefined, why: 'no such role' };
    for (const column of COLUMNS) {
      if (!row.has(column)) throw new UpstreamUnreachable(`auth_query returned no column ${column}`);
    }
    return judge(row, name, this.#settings);
  }
}

/** A startup packet's texts end with NUL, so none is in a name. */
function acquaintanceOf(name: string, source: string): string {
  return `${source}\0${name}`;
}

function judge(row: Row, name: string, settings: AuthQuery): FoundVerifier {
  const refuse = (why: string): FoundVerifier => ({ verifier: undefined, why });
  if (row.get('rolname') !== name) return refuse('auth_query answered for another role');
  if (row.get('rolcanlogin') !== 't') return refuse('role is not permitted to log in');
  if (row.get('valid') !== 't') return refuse('the role’s password has expired');
  if (row.get('rolsuper') !== 'f' && !settings.superusers) return refuse('superusers are not let in');
  if (row.get('rolreplication') !== 'f' && !settings.replicationRoles) {
    return refuse('replication roles are not let in');
  }
  const verifier = parseVerifier(row.get('rolpassword') ?? '');
  return verifier === undefined ? refuse('the role has no SCRAM verifier upstream') : { verifier };
}

function dropOldest(kept: Map<string, unknown> | Set<string>, limit: number): void {
  for (const oldest of kept.keys()) {
    if (kept.size <= limit) return;
    kept.delete(oldest);
  }
}
