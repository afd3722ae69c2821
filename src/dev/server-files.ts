import { dirname, join } from 'node:path';
import { systemUserName } from '../net/runtime.ts';
import { writeFileAtomic } from '../store/write-file.ts';
import { type Account, giveTo } from './account.ts';
import { DevError } from './error.ts';

/** Names no secret. */
const FILE_MODE = 0o644;
/** PostgreSQL refuses a key that others can read (manual, 19.9.1). */
const KEY_MODE = 0o600;

const IDENT_MAP = 'portcullis';

/** PostgreSQL's port also where it listens on a socket alone: the socket's name has it. */
export const DEFAULT_PORT = 5432;

interface Listen {
  readonly host: string;
  readonly port: number;
  /** PEM texts: the chain, the server's own certificate first, and its key. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface ServerSettings {
  readonly socketDir: string;
  /** Parameters of postgresql.conf, over the defaults here. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of pg_hba.conf instead of the default ones. */
  readonly hba?: readonly string[];
  /** TCP; none by default. */
  readonly listen?: Listen;
}

/** For one developer's machine: many small sessions, little memory, the same results everywhere. */
const DEFAULTS: Readonly<Record<string, string>> = {
  max_connections: '200',
  shared_buffers: '64MB',
  password_encryption: 'scram-sha-256',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '[%p] %q%u@%d ',
  log_checkpoints: 'off',
  // A statement that fails may have a password in it.
  log_min_error_statement: 'panic',
};

/** The superuser for whoever runs the server, and for root where that is us; everyone else by password. */
const DEFAULT_HBA = [`local all postgres peer map=${IDENT_MAP}`, 'local all all scram-sha-256'];

/** What these files are, beside the data folder. */
interface ServerFiles {
  readonly config: string;
  /** Arguments of `postgres` that no configuration file and no ALTER SYSTEM overrides. */
  readonly args: readonly string[];
}

/**
 * Writes the server's configuration anew: `server.conf`, `hba.conf`, `ident.conf` and, for TLS, `server.crt`
 * and `server.key`, beside the data folder, so that the server itself cannot change who may log in.
 *
 * @throws DevError for text that cannot stand in such a file
 */
export async function writeServerFiles(
  dataDir: string,
  account: Account,
  server: ServerSettings,
): Promise<ServerFiles> {
  const folder = dirname(dataDir);
  const config = join(folder, 'server.conf');
  const { listen } = server;
  if (listen?.tls !== undefined) {
    await writeFileAtomic(join(folder, 'server.crt'), listen.tls.cert, FILE_MODE);
    const key = join(folder, 'server.key');
    await writeFileAtomic(key, listen.tls.key, KEY_MODE);
    await giveTo(account, key);
  }
  await writeFileAtomic(join(folder, 'hba.conf'), lines(server.hba ?? DEFAULT_HBA), FILE_MODE);
  await writeFileAtomic(join(folder, 'ident.conf'), lines(identMap(account)), FILE_MODE);
  await writeFileAtomic(config, lines(configuration(dataDir, server)), FILE_MODE);
  const port = `${listen?.port ?? DEFAULT_PORT}`;
  const hosts = `listen_addresses=${listen?.host ?? ''}`;
  // A list, of which a quoted name is one element whatever characters it has.
  const sockets = `"${server.socketDir.replaceAll('"', '""')}"`;
  return { config, args: ['-p', port, '-k', sockets, '-c', hosts] };
}

/** The lines of `server.conf`: what initdb found out, then ours. ALTER SYSTEM comes after both. */
export function configuration(dataDir: string, { settings, listen }: ServerSettings): string[] {
  const folder = dirname(dataDir);
  const tls = {
    ssl: 'on',
    ssl_cert_file: join(folder, 'server.crt'),
    ssl_key_file: join(folder, 'server.key'),
  };
  const all = {
    ...DEFAULTS,
    hba_file: join(folder, 'hba.conf'),
    ident_file: join(folder, 'ident.conf'),
    unix_socket_permissions: '0700',
    ...(listen?.tls === undefined ? {} : tls),
    ...settings,
  };
  const include = `include ${quoteSetting(join(dataDir, 'postgresql.conf'))}`;
  return [include, ...Object.entries(all).map(([name, value]) => `${name} = ${quoteSetting(value)}`)];
}

/** Users of the machine who may be the superuser `postgres` over the socket (manual, 20.2). */
function identMap(account: Account): string[] {
  const names = new Set([account.name, systemUserName()]);
  return [...names].map((name) => `${IDENT_MAP} "${name}" postgres`);
}

/** A value in single quotes, where both they and backslashes are doubled (manual, 19.1.2). */
function quoteSetting(value: string): string {
  if (/[\n\r\0]/.test(value)) {
    throw new DevError(
      'a path or setting of PostgreSQL cannot have a line break in it: give --dir another folder',
    );
  }
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

function lines(all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
