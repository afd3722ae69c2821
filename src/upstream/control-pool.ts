import { randomBytes } from 'node:crypto';
import type { AuthQuery, UpstreamTarget } from '../catalog/model.ts';
import { ConnectionClosed } from '../legs/leg.ts';
import { type Credentials, passwordKeys } from '../scram/credentials.ts';
import { atMost } from '../scram/limiter.ts';
import { formatNonce, NONCE_LENGTH } from '../scram/messages.ts';
import { StartupParameters } from '../wire/startup-packet.ts';
import { queryOne, type Row } from './control-connection.ts';
import { UpstreamError } from './failures.ts';
import { openSession, type UpstreamRequest, type UpstreamSession } from './open-session.ts';
import { type Dial, UpstreamUnreachable } from './ports.ts';

/** Connections one branch may hold for its own questions. */
const MAX_CONNECTIONS = 2;
/** The default, in ms: as long as the statement itself may take upstream. */
const QUESTION_MS = 5000;

/**
 * Settings of our own connections. Given at startup they win over ALTER DATABASE and ALTER ROLE … SET
 * (PostgreSQL manual, 19.1.3 and 53.13), so that no database owner can put a search_path under our query.
 */
const CONTROL_OPTIONS =
  '-c search_path=pg_catalog -c statement_timeout=5000 -c default_transaction_read_only=on';

interface Question {
  readonly sql: string;
  readonly parameter: string;
}

/** A few warm connections to one branch's upstream, on which questions run one at a time. */
export class ControlPool {
  readonly #dial: Dial;
  readonly #target: UpstreamTarget;
  readonly #who: AuthQuery;
  readonly #patience: number;
  readonly #scram: Credentials | undefined;
  readonly #idle: UpstreamSession[] = [];
  readonly #inTurn = atMost(MAX_CONNECTIONS);
  #closed = false;

  /** @param patience how long a question may take, its turn, dial and login included, in ms. */
  constructor(dial: Dial, target: UpstreamTarget, who: AuthQuery, patience = QUESTION_MS) {
    this.#dial = dial;
    this.#target = target;
    this.#who = who;
    this.#patience = patience;
    this.#scram = who.password && passwordKeys(who.password.reveal());
  }

  /**
   * Runs one statement with one parameter. A connection that was found closed is replaced once.
   * @throws UpstreamUnreachable, also where the upstream itself says why; UpstreamLoginRefused, ProtocolViolation,
   * ConnectionClosed.
   */
  async query(sql: string, parameter: string): Promise<Row[]> {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(tooSlow(this.#patience)), this.#patience);
    try {
      return await this.#inTurn(() => this.#ask({ sql, parameter }, deadline.signal));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Questions under way are answered, on connections that are not kept. */
  close(): void {
    this.#closed = true;
    for (const session of this.#idle.splice(0)) session.leg.destroy();
  }

  async #ask(question: Question, signal: AbortSignal): Promise<Row[]> {
    signal.throwIfAborted();
    const warm = this.#takeIdle();
    if (warm !== undefined) {
      try {
        return await this.#askOn(warm, question, signal);
      } catch (error) {
        if (!(error instanceof ConnectionClosed)) throw error;
      }
    }
    return await this.#askOn(await this.#connect(signal), question, signal);
  }

  async #connect(signal: AbortSignal): Promise<UpstreamSession> {
    try {
      return await openSession(this.#dial, controlRequest(this.#target, this.#who, this.#scram), signal);
    } catch (error) {
      // It concerns our own connection, and whoever waits for the answer is a stranger yet.
      if (error instanceof UpstreamError) throw new UpstreamUnreachable(`auth_query: ${error.message}`);
      throw error;
    }
  }

  async #askOn(session: UpstreamSession, { sql, parameter }: Question, signal: AbortSignal): Promise<Row[]> {
    const abort = (): void => session.leg.destroy();
    signal.addEventListener('abort', abort);
    try {
      const rows = await queryOne(session, sql, parameter);
      if (this.#closed) session.leg.destroy();
      else this.#idle.push(session);
      return rows;
    } catch (error) {
      session.leg.destroy();
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  #takeIdle(): UpstreamSession | undefined {
    for (let session = this.#idle.pop(); session !== undefined; session = this.#idle.pop()) {
      if (!session.leg.closed && session.leg.buffered === 0) return session;
      session.leg.destroy();
    }
    return undefined;
  }
}

function tooSlow(patience: number): UpstreamUnreachable {
  return new UpstreamUnreachable(`auth_query had no answer within ${patience} ms`);
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
