import { randomBytes } from 'node:crypto';
import type { AuthQuery, UpstreamTarget } from '../catalog/model.ts';
import { ConnectionClosed } from '../legs/leg.ts';
import { type Credentials, passwordKeys } from '../scram/credentials.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import { StartupParameters } from '../wire/startup-packet.ts';
import { queryOne, type Row } from './control-connection.ts';
import { openSession, type UpstreamRequest, type UpstreamSession } from './open-session.ts';
import { type Dial, UpstreamUnreachable } from './ports.ts';

/** Connections one branch may hold for its own questions. */
const MAX_CONNECTIONS = 2;
/** How long a question may take, dial and login included, in ms. */
const QUESTION_MS = 5000;

/**
 * Settings of our own connections. Given at startup they win over ALTER DATABASE and ALTER ROLE … SET
 * (PostgreSQL manual, 19.1.3 and 53.13), so that no database owner can put a search_path under our query.
 */
const CONTROL_OPTIONS =
  '-c search_path=pg_catalog -c statement_timeout=5000 -c default_transaction_read_only=on';

/** A few warm connections to one branch's upstream, on which questions run one at a time. */
export class ControlPool {
  readonly #dial: Dial;
  readonly #target: UpstreamTarget;
  readonly #who: AuthQuery;
  readonly #scram: Credentials | undefined;
  readonly #idle: UpstreamSession[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(dial: Dial, target: UpstreamTarget, who: AuthQuery) {
    this.#dial = dial;
    this.#target = target;
    this.#who = who;
    this.#scram = who.password && passwordKeys(who.password.reveal());
  }

  /**
   * Runs one statement with one parameter. A connection that was found closed is replaced once.
   * @throws what openSession and queryOne throw.
   */
  async query(sql: string, parameter: string): Promise<Row[]> {
    await this.#turn();
    try {
      const warm = this.#takeIdle();
      if (warm !== undefined) {
        try {
          return await this.#ask(warm, sql, parameter);
        } catch (error) {
          if (!(error instanceof ConnectionClosed)) throw error;
        }
      }
      return await this.#ask(await this.#connect(), sql, parameter);
    } finally {
      this.#open -= 1;
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    for (const session of this.#idle.splice(0)) session.leg.destroy();
  }

  async #connect(): Promise<UpstreamSession> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(tooSlow()), QUESTION_MS);
    try {
      return await openSession(
        this.#dial,
        controlRequest(this.#target, this.#who, this.#scram),
        deadline.signal,
      );
    } finally {
      clearTimeout(timer);
    }
  }

  async #ask(session: UpstreamSession, sql: string, parameter: string): Promise<Row[]> {
    const timer = setTimeout(() => session.leg.stream.destroy(tooSlow()), QUESTION_MS);
    try {
      const rows = await queryOne(session, sql, parameter);
      this.#idle.push(session);
      return rows;
    } catch (error) {
      session.leg.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until fewer than MAX_CONNECTIONS questions run, first come, first served. */
  async #turn(): Promise<void> {
    while (this.#open >= MAX_CONNECTIONS) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#open += 1;
  }

  #takeIdle(): UpstreamSession | undefined {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (!session.leg.closed && session.leg.buffered === 0) return session;
      session.leg.destroy();
    }
    return undefined;
  }
}

function tooSlow(): UpstreamUnreachable {
  return new UpstreamUnreachable(`auth_query had no answer within ${QUESTION_MS} ms`);
}

function controlRequest(target: UpstreamTarget, who: AuthQuery, scram?: Credentials): UpstreamRequest {
  const settings = {
    user: who.role,
    database: who.database,
    application_name: 'portcullis',
    client_encoding: 'UTF8',
    options: CONTROL_OPTIONS,
  };
  return {
    target,
    version: { major: 3, minor: 0 },
    parameters: new StartupParameters(new Map()).with(settings),
    credentials: {
      role: who.role,
      scram,
      password: who.password,
    },
    nonce: formatNonce(randomBytes(NONCE_LENGTH)),
  };
}
