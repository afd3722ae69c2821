import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatVerifier, makeVerifier, SALT_LENGTH } from '../../src/scram/verifier.ts';
import type { Child } from './child.ts';
import { selfSigned } from './openssl.ts';
import { type LogLine, logLines, ON_BUN, PLAIN_ENV, startPortcullis } from './portcullis.ts';
import { passableFolder, type WithTeardown } from './postgres.ts';
import type { Conninfo } from './psql.ts';

/** How many processes serve where a test does not say; another number tries all of them on workers. */
const WORKERS = Number(process.env['PORTCULLIS_E2E_WORKERS'] ?? 1);

/** What the gate's certificate covers when a test does not bring its own. */
export const DOMAIN = 'db.example.com';
const NAMES = `DNS:localhost,IP:127.0.0.1,DNS:*.${DOMAIN}`;

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface GatewayWish {
  /** The catalog as a person would write it. */
  readonly projects: readonly unknown[];
  /** Over what portcullis.yaml says otherwise: one address of 127.0.0.1, an admin listener, no patience. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** PEM files, copied; default: a self-signed one for localhost and `*.db.example.com`. */
  readonly certificate?: CertificateFiles;
  readonly env?: Readonly<Record<string, string>>;
}

/** A `portcullis start` on ordinary files. */
export interface RunningGateway {
  readonly child: Child;
  /** Holds portcullis.yaml, catalog.yaml and certs/server.{crt,key}. */
  readonly dir: string;
  readonly port: number;
  readonly adminPort: number;
  /** What a client is to believe. */
  readonly ca: string;
  readonly log: () => LogLine[];
  /** Waits for a line of the log. */
  readonly logged: (what: string, fits: (line: LogLine) => boolean) => Promise<LogLine>;
  /** A way in with verify-full and channel binding. */
  readonly way: (parts: Conninfo) => Conninfo;
}

/** Writes a gateway's folder. */
export async function makeGatewayFolder(
  t: WithTeardown,
  { projects, config = {}, certificate }: GatewayWish,
): Promise<string> {
  const dir = await passableFolder(t);
  await mkdir(join(dir, 'certs'));
  await putCertificate(dir, certificate ?? (await selfSigned(dir, 'made', { san: NAMES })));
  await writeCatalog(dir, projects);
  const whole = {
    listen: [{ address: '127.0.0.1:0' }],
    tls: { certificates: [{ cert: 'certs/server.crt', key: 'certs/server.key' }] },
    catalog: { file: 'catalog.yaml' },
    admin: { listen: '127.0.0.1:0' },
    drain: '0s',
    workers: WORKERS,
    ...config,
  };
  // JSON is YAML.
  await writeFile(join(dir, 'portcullis.yaml'), JSON.stringify(whole, null, 2));
  return dir;
}

/** Puts a pair in the place of the gate's, as a careful person does: whole files, by renaming. */
export async function putCertificate(dir: string, pair: CertificateFiles): Promise<void> {
  for (const [from, name] of [
    [pair.key, 'server.key'],
    [pair.cert, 'server.crt'],
  ] as const) {
    await copyFile(from, join(dir, 'certs', `new-${name}`));
    await rename(join(dir, 'certs', `new-${name}`), join(dir, 'certs', name));
  }
}

export async function writeCatalog(dir: string, projects: readonly unknown[]): Promise<void> {
  await writeFile(join(dir, 'catalog.yaml'), JSON.stringify({ projects }, null, 2), { mode: 0o600 });
}

/** Starts a gateway on a folder, and waits until it is ready. */
export async function startIn(
  t: WithTeardown,
  dir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningGateway> {
  const child = startPortcullis(t, ['start', '--dir', dir], { env: { ...PLAIN_ENV, ...env } });
  const log = (): LogLine[] => logLines(child.stderr);
  const logged = (what: string, fits: (line: LogLine) => boolean) => lineOf(child, what, fits);
  const { port, adminPort } = await portsOf(child);
  const ca = join(dir, 'certs/server.crt');
  const certified = { sslmode: 'verify-full', sslrootcert: ca, channel_binding: 'require' };
  const base = { host: 'localhost', port, ...certified };
  return { child, dir, port, adminPort, ca, log, logged, way: (parts) => ({ ...base, ...parts }) };
}

/** Waits until a gateway that was started is ready, and where. */
export async function portsOf(child: Child): Promise<{ port: number; adminPort: number }> {
  const { ports, admin, runtime } = await lineOf(child, 'the gateway', ({ msg }) => msg === 'ready');
  if (String(runtime).startsWith('bun') !== ON_BUN)
    throw new Error(`not the runtime that was asked for: ${String(runtime)}`);
  const [port] = Array.isArray(ports) ? ports : [];
  return { port: Number(port), adminPort: Number(admin) };
}

async function lineOf(child: Child, what: string, fits: (line: LogLine) => boolean): Promise<LogLine> {
  const find = (): LogLine | undefined => logLines(child.stderr).find(fits);
  await child.until(what, () => find() !== undefined);
  return find() ?? {};
}

/** Writes a gateway's folder, and starts a gateway on it. */
export async function startGateway(t: WithTeardown, wish: GatewayWish): Promise<RunningGateway> {
  return await startIn(t, await makeGatewayFolder(t, wish), wish.env);
}

/** A fresh verifier of a password, as text. */
export async function verifierOf(password: string): Promise<string> {
  return formatVerifier(await makeVerifier(password, randomBytes(SALT_LENGTH), 4096));
}

/** What libpq's programs read from their environment (PostgreSQL manual, 34.15) to come in by a gateway. */
export function pgEnv(
  { port, ca }: Pick<RunningGateway, 'port' | 'ca'>,
  { user, password, database }: Readonly<Record<'user' | 'password' | 'database', string>>,
): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    PGHOST: 'localhost',
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: database,
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: ca,
  };
}
