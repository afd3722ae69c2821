import { Client, DatabaseError } from 'pg';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { startEmbedded, type TestPostgres, type WithTeardown } from '../support/postgres.ts';
import { ROLE, soakVerifier } from './account.ts';

/** Who reads verifiers for the gate (auth_query), over the Unix socket by trust. */
export const LOOKUP_ROLE = 'soak_lookup';
/** More than come here of 2,000, the other upstreams' deaths included, which send some over. */
const MAX_CONNECTIONS = 500;
const CANNOT_CONNECT_NOW = '57P03';

/** A real PostgreSQL among the upstreams. */
export class Database {
  readonly #server: TestPostgres;

  private constructor(server: TestPostgres) {
    this.#server = server;
  }

  static async start(t: WithTeardown): Promise<Database> {
    const verifier = formatVerifier(await soakVerifier());
    const server = await startEmbedded(t, {
      settings: { max_connections: `${MAX_CONNECTIONS}`, restart_after_crash: 'on' },
      hba: ['local all postgres trust', `local postgres ${LOOKUP_ROLE} trust`, 'local all all scram-sha-256'],
      bootstrapSql: [
        `CREATE ROLE ${ROLE} LOGIN PASSWORD '${verifier}'`,
        `CREATE ROLE ${LOOKUP_ROLE} LOGIN SUPERUSER`,
        `CREATE DATABASE ${ROLE} OWNER ${ROLE}`,
      ],
    });
    return new Database(server);
  }

  get socketDir(): string {
    return this.#server.socketDir;
  }

  get port(): number {
    return this.#server.port;
  }

  /** Ends every session of the role with 57P01. */
  async terminateAll(): Promise<void> {
    await this.#unlessRecovering(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '${ROLE}'`,
    );
  }

  /** SIGKILL to one backend: the server ends all others and recovers. */
  async crash(): Promise<void> {
    const [pid] = await this.#unlessRecovering(
      `SELECT pid FROM pg_stat_activity WHERE usename = '${ROLE}' ORDER BY random() LIMIT 1`,
    );
    if (pid !== undefined) killUnlessGone(pid);
  }

  /** Backends that serve the role. */
  async sessions(): Promise<number> {
    const pids = await this.#run(`SELECT pid FROM pg_stat_activity WHERE usename = '${ROLE}'`);
    return pids.length;
  }

  /** Nothing where the server still recovers from the last crash. */
  async #unlessRecovering(sql: string): Promise<number[]> {
    try {
      return await this.#run(sql);
    } catch (error) {
      if (error instanceof DatabaseError && error.code === CANNOT_CONNECT_NOW) return [];
      throw error;
    }
  }

  /** @returns the first column. */
  async #run(sql: string): Promise<number[]> {
    const client = new Client(this.#server.superuser);
    // A crash takes this connection with it; the query's own rejection says so.
    client.on('error', () => {});
    try {
      await client.connect();
      const { rows } = await client.query<[number]>({ text: sql, rowMode: 'array' });
      return rows.map(([first]) => first);
    } finally {
      await client.end();
    }
  }
}

function killUnlessGone(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
