import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { ProvisionError } from '../provision/error.ts';
import type { ProgramLogin, Programs } from '../provision/ports.ts';
import { errorCode } from '../store/system-error.ts';

/**
 * The custom format: a plain one goes through psql, whose commands a hostile server can smuggle in (CVE-2025-8714).
 * Owners and rights are given by us afterwards; what only a superuser makes, and what points to other servers, stays behind.
 */
const DUMP = [
  '--format=custom',
  '--compress=0',
  '--no-owner',
  '--no-privileges',
  '--no-tablespaces',
  '--no-publications',
  '--no-subscriptions',
  '--no-security-labels',
  '--no-password',
];
const RESTORE = ['--no-owner', '--no-privileges', '--exit-on-error', '--single-transaction', '--no-password'];

/** Characters of a program's complaint that are read and kept. */
const MAX_COMPLAINT = 4000;
const PRIVATE = 0o600;

/** pg_dump and pg_restore as they are found on PATH. */
export const programs: Programs = {
  async dumpAndRestore(from, to, { serverMajor, signal }) {
    await checkVersion('pg_dump', serverMajor, signal);
    await checkVersion('pg_restore', serverMajor, signal);
    await using folder = await privateFolder();
    const dump = start('pg_dump', DUMP, await environmentOf(from, join(folder.path, 'from.pem')), signal);
    const restore = start(
      'pg_restore',
      [...RESTORE, `--dbname=${conninfoOf(to.database)}`],
      await environmentOf(to, join(folder.path, 'to.pem')),
      signal,
    );
    // A program that ends early breaks the pipe; its exit status says why.
    const piped = pipeline(dump.child.stdout, restore.child.stdin).catch(() => undefined);
    const [dumped, restored] = await Promise.all([dump.ended, restore.ended, piped]);
    signal.throwIfAborted();
    const complaint = causeOf(dumped, restored);
    if (complaint !== undefined) throw new ProvisionError(complaint);
  },
};

/** Where one of the two ends early, the other complains of the pipe. */
function causeOf(dumped: string | undefined, restored: string | undefined): string | undefined {
  const isOfPipe = dumped !== undefined && /could not write|Broken pipe/i.test(dumped);
  return isOfPipe ? (restored ?? dumped) : (dumped ?? restored);
}

/** A name with `=` or a URL's prefix would be read as a connection string. */
function conninfoOf(database: string): string {
  return `dbname='${database.replace(/['\\]/g, (each) => `\\${each}`)}'`;
}

function start(
  file: 'pg_dump' | 'pg_restore',
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
) {
  const child = spawn(file, args, { env, signal, stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(0, MAX_COMPLAINT);
  });
  if (file === 'pg_dump') child.stdin.end();
  else child.stdout.resume();
  // A pipe breaks because a program has ended, whose exit status says why: an 'error' unheard would end us.
  for (const stream of [child.stdin, child.stdout]) stream.on('error', () => undefined);
  const ended = once(child, 'close').then(
    ([code]) => (code === 0 ? undefined : `${file} failed: ${complaintOf(said)}`),
    (error: Error) => `${file} failed: ${error.message}`,
  );
  return { child, ended };
}

/** What it complained of, and not the statement that it was about. */
function complaintOf(said: string): string {
  const errors = said.split('\n').filter((line) => /(?:error|ERROR|fatal|FATAL):/.test(line));
  return (errors.at(0) ?? said.split('\n')[0] ?? '').replace(/^pg_\w+: /, '') || 'it said nothing';
}

/** Everything that libpq would take from the environment is ours; a password stands in no argument (manual, 34.15). */
async function environmentOf(
  { target, role, password, database, options }: ProgramLogin,
  rootCertFile: string,
): Promise<Record<string, string>> {
  if (target.proxyProtocol !== 'off')
    throw new ProvisionError('pg_dump sends no PROXY header: give cluster a host that takes none');
  const isLocal = target.host.startsWith('/');
  if (target.sslrootcert !== undefined) await writeFile(rootCertFile, target.sslrootcert, { mode: PRIVATE });
  return {
    PATH: process.env['PATH'] ?? '',
    LC_ALL: 'C',
    PGHOST: target.host,
    PGPORT: String(target.port),
    PGUSER: role,
    PGDATABASE: database,
    PGOPTIONS: options,
    PGAPPNAME: 'portcullis',
    PGCLIENTENCODING: 'UTF8',
    PGPASSFILE: '/dev/null',
    PGSERVICEFILE: '/dev/null',
    PGSSLMODE: isLocal ? 'disable' : target.sslmode,
    PGCHANNELBINDING: isLocal ? 'disable' : target.channelBinding,
    PGSSLROOTCERT: target.sslrootcert === undefined ? 'system' : rootCertFile,
    ...(password !== undefined && { PGPASSWORD: password.reveal() }),
  };
}

async function checkVersion(file: string, serverMajor: number, signal: AbortSignal): Promise<void> {
  const version = await versionOf(file, signal);
  if (version >= serverMajor) return;
  throw new ProvisionError(
    `${file} ${version} is older than the server, ${serverMajor}: put that of ${serverMajor} on PATH, or take provisioner: template`,
  );
}

/** `pg_dump (PostgreSQL) 15.14 (Debian …)` */
async function versionOf(file: string, signal: AbortSignal): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { signal });
    return Number.parseInt(/\(PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? '', 10) || 0;
  } catch (error) {
    signal.throwIfAborted();
    const isMissing = errorCode(error) === 'ENOENT';
    const mend = `${isMissing ? 'install' : 'mend'} PostgreSQL’s client programs, or take provisioner: template`;
    throw new ProvisionError(`${file} ${isMissing ? 'is not on PATH' : 'does not run'}: ${mend}`, {
      cause: error,
    });
  }
}

async function privateFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'portcullis-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
