import { randomBytes } from 'node:crypto';
import type { Cluster } from '../catalog/model.ts';
import { ConnectionClosed } from '../legs/leg.ts';
import { passwordKeys } from '../scram/credentials.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import type { Row } from '../upstream/control-connection.ts';
import { UpstreamError, UpstreamLoginRefused } from '../upstream/failures.ts';
import { openSession, type UpstreamSession } from '../upstream/open-session.ts';
import { type Dial, UpstreamUnreachable } from '../upstream/ports.ts';
import { runStatements, StatementFailed } from '../upstream/statements.ts';
import { MAX_NAME_BYTES } from '../wire/limits.ts';
import { StartupParameters } from '../wire/startup-packet.ts';
import { ProtocolViolation } from '../wire/violation.ts';
import { ProvisionError } from './error.ts';

/**
 * Settings that no owner of a database may choose for us. Given at startup they win over ALTER DATABASE and ALTER
 * ROLE … SET (PostgreSQL manual, 19.1.3 and 53.13). A copy takes as long as it takes; a lock does not.
 */
const PINNED = [
  'search_path=pg_catalog',
  'standard_conforming_strings=on',
  'default_transaction_read_only=off',
  'default_transaction_isolation=read\\ committed',
  'check_function_bodies=off',
  'row_security=off',
  'datestyle=ISO',
  'statement_timeout=0',
  'lock_timeout=30s',
];

/** From this version on event triggers can be off from the login on, and a login can fire one (manual, 19.11.1). */
const EVENT_TRIGGERS_OFF_SINCE = 170_000;
/** ms that a login may take. */
const LOGIN_MS = 15_000;

/** What the server is, and what our role may do there. */
export interface ServerFacts {
  /** `server_version_num`: 180004. */
  readonly version: number;
  readonly isSuperuser: boolean;
}

/** Under which the sessions of work on a branch are known at the server, so that work that was left can be ended. */
export function workName(branchId: string): string {
  return `portcullis ${branchId}`.slice(0, MAX_NAME_BYTES);
}

/** Whether event triggers can be off from the login on. */
export function eventTriggersOff({ version, isSuperuser }: ServerFacts): boolean {
  return version >= EVENT_TRIGGERS_OFF_SINCE && isSuperuser;
}

export interface ServerOptions {
  /** Ends every session. */
  readonly signal: AbortSignal;
  /** `application_name`. */
  readonly name: string;
}

/** Logs in to a cluster as the provisioner. */
export class Server {
  readonly #dial: Dial;
  readonly #cluster: Cluster;
  readonly #options: ServerOptions;

  constructor(dial: Dial, cluster: Cluster, options: ServerOptions) {
    this.#dial = dial;
    this.#cluster = cluster;
    this.#options = options;
  }

  /**
   * A session in the maintenance database.
   * @throws ProvisionError where it cannot be had.
   */
  async open(): Promise<ServerSession> {
    const session = await this.#login(this.#cluster.database, PINNED);
    const [facts] = await session.run(
      "SELECT current_setting('server_version_num') AS version, current_setting('is_superuser') AS super",
    );
    const isSuperuser = facts?.get('super') === 'on';
    session.facts = { version: Number(facts?.get('version')), isSuperuser };
    // A statement of ours holds verifiers, which no log is to have.
    if (isSuperuser) await session.run(UNLOGGED);
    return session;
  }

  /**
   * A session in a database that may be anyone's: whatever fires on a login or on DDL there is off.
   * @throws ProvisionError where it cannot be had, or not safely.
   */
  async enter(database: string, facts: ServerFacts): Promise<ServerSession> {
    const session = await this.#login(
      database,
      eventTriggersOff(facts) ? [...PINNED, 'event_triggers=off'] : PINNED,
    );
    session.facts = facts;
    if (facts.isSuperuser) await session.run(UNLOGGED);
    return session;
  }

  async #login(database: string, settings: readonly string[]): Promise<ServerSession> {
    const { role, password, upstream } = this.#cluster;
    const parameters = {
      user: role,
      database,
      application_name: this.#options.name,
      client_encoding: 'UTF8',
      options: settings.map((setting) => `-c ${setting}`).join(' '),
    };
    const request = {
      target: upstream,
      version: { major: 3, minor: 0 },
      parameters: new StartupParameters(new Map()).with(parameters),
      credentials: { role, password, scram: password && passwordKeys(password.reveal()) },
      nonce: formatNonce(randomBytes(NONCE_LENGTH)),
    };
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(new UpstreamUnreachable(TOO_SLOW)), LOGIN_MS);
    const signal = AbortSignal.any([this.#options.signal, deadline.signal]);
    try {
      return new ServerSession(await openSession(this.#dial, request, signal));
    } catch (error) {
      throw loginFailure(error, role);
    } finally {
      clearTimeout(timer);
    }
  }
}

const TOO_SLOW = `no login within ${LOGIN_MS / 1000} s`;
const UNLOGGED = `SET log_statement = 'none'; SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1; SET log_min_duration_sample = -1`;

/** One session of the provisioner. */
export class ServerSession implements Disposable {
  readonly #session: UpstreamSession;
  facts: ServerFacts = { version: 0, isSuperuser: false };

  constructor(session: UpstreamSession) {
    this.#session = session;
  }

  /**
   * @returns the rows of all statements.
   * @throws StatementFailed; ProvisionError where the connection is lost.
   */
  async run(sql: string): Promise<Row[]> {
    try {
      return await runStatements(this.#session, sql);
    } catch (error) {
      if (error instanceof ConnectionClosed || error instanceof ProtocolViolation)
        throw new ProvisionError(`the connection to the cluster was lost (${error.message}): try again`);
      throw error;
    }
  }

  /** The first column of the first statement's rows. */
  async texts(sql: string): Promise<string[]> {
    return (await this.run(sql)).flatMap((row) => [...row.values()].slice(0, 1).map((value) => value ?? ''));
  }

  [Symbol.dispose](): void {
    this.#session.leg.destroy();
  }
}

function loginFailure(error: unknown, role: string): unknown {
  const what = reasonOf(error);
  if (what === undefined) return error;
  return new ProvisionError(`cannot log in to the cluster as ${role}: ${what}; see cluster in catalog.yaml`, {
    cause: error,
  });
}

function reasonOf(error: unknown): string | undefined {
  const known = [
    UpstreamUnreachable,
    UpstreamLoginRefused,
    UpstreamError,
    ProtocolViolation,
    ConnectionClosed,
  ];
  return known.some((kind) => error instanceof kind) && error instanceof Error ? error.message : undefined;
}

/** What a server's refusal says to a person. */
export function refusalText(error: unknown): string {
  if (error instanceof StatementFailed)
    return `${error.message}${error.detail === undefined ? '' : ` (${error.detail})`}`;
  return error instanceof Error ? error.message : String(error);
}
