import type { DevLogin } from './credentials.ts';

/** The line that `dev --json` prints. */
export interface DevConnection {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly role: string;
  readonly password: string;
  /** Absolute path of the certificate authority. */
  readonly ca: string;
  readonly project: string;
  readonly branch: string;
  readonly endpoint: string;
}

/** Endpoints under `.localhost` do not resolve everywhere; `localhost` does, and leads to the default branch. */
const HOST = 'localhost';

export function devConnection(login: DevLogin, port: number, ca: string): DevConnection {
  const { role, password, database, project, branch, endpoint } = login;
  const user = `${encodeURIComponent(role)}:${encodeURIComponent(password)}`;
  const parameters = new URLSearchParams({
    sslmode: 'verify-full',
    sslrootcert: ca,
    channel_binding: 'require',
  });
  // libpq decodes %XX but takes a plus sign as it is.
  const query = parameters.toString().replaceAll('+', '%20');
  const url = `postgresql://${user}@${HOST}:${port}/${encodeURIComponent(database)}?${query}`;
  return { url, host: HOST, port, database, role, password, ca, project, branch, endpoint };
}

/** What libpq and most drivers read from the environment (PostgreSQL manual, 34.15). */
export function devEnvironment(connection: DevConnection): Record<string, string> {
  return {
    DATABASE_URL: connection.url,
    PGHOST: connection.host,
    PGPORT: String(connection.port),
    PGUSER: connection.role,
    PGPASSWORD: connection.password,
    PGDATABASE: connection.database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: connection.ca,
    PGCHANNELBINDING: 'require',
  };
}
