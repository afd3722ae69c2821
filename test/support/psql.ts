import { join } from 'node:path';
import { serverAccount } from '../../src/dev/account.ts';
import { embeddedBinaries } from '../../src/dev/binaries.ts';
import { type Child, type ChildWish, type Ended, run, startChild } from './child.ts';
import { PLAIN_ENV } from './portcullis.ts';
import { debianBinaries, type WithTeardown } from './postgres.ts';

/** What may stand in a connection string; every value is quoted. */
export type Conninfo = Readonly<Record<string, string | number>>;

/** libpq 15 is Debian's own; 18 is the embedded package's, put under the same programs. */
export type Libpq = 15 | 18;

export interface PsqlWish extends ChildWish {
  readonly libpq?: Libpq;
}

/** Where Debian keeps its psql, pgbench and pg_dump. Its /usr/bin/psql is a script that looks for clusters first. */
export async function clientProgram(name: 'psql' | 'pgbench' | 'pg_dump'): Promise<string> {
  const binaries = await debianBinaries('15');
  if (binaries === undefined) throw new Error('psql 15 is not here: apt-get install postgresql-15');
  return join(binaries.bin, name);
}

/** The environment that puts one libpq or the other under a program. */
export async function clientEnv({ libpq = 15, env = {} }: PsqlWish = {}): Promise<Record<string, string>> {
  if (libpq === 15) return { ...PLAIN_ENV, ...env };
  const { lib } = await embeddedBinaries(await serverAccount());
  if (lib === undefined) throw new Error('the embedded PostgreSQL has no libraries');
  return { ...PLAIN_ENV, LD_LIBRARY_PATH: lib, ...env };
}

/** `host='localhost' port='6432' …` (PostgreSQL manual, 34.1.1.1). */
export function conninfo(parts: Conninfo): string {
  const quoted = (value: string | number): string => `${value}`.replace(/['\\]/g, (each) => `\\${each}`);
  return Object.entries(parts)
    .map(([name, value]) => `${name}='${quoted(value)}'`)
    .join(' ');
}

/** Runs psql to its end: no psqlrc, no prompt for a password, bare rows. */
export async function psql(
  target: string | Conninfo,
  args: readonly string[],
  wish: PsqlWish = {},
): Promise<Ended> {
  return await run(await clientProgram('psql'), psqlArgs(target, args), {
    ...wish,
    env: await clientEnv(wish),
  });
}

/** Starts psql; the end of the test ends it. */
export async function startPsql(
  t: WithTeardown,
  target: string | Conninfo,
  args: readonly string[],
): Promise<Child> {
  return startChild(t, await clientProgram('psql'), psqlArgs(target, args), { env: await clientEnv() });
}

/**
 * Starts psql at a terminal of its own, where Ctrl-C is a key and a password is asked for (script(1), which every
 * Debian has).
 */
export async function psqlAtTerminal(
  t: WithTeardown,
  target: string | Conninfo,
  wish: PsqlWish = {},
): Promise<Child> {
  const where = typeof target === 'string' ? target : conninfo(target);
  const command = `exec '${await clientProgram('psql')}' -XAtn -P pager=off -d "${where}"`;
  const env = { ...(await clientEnv(wish)), TERM: 'dumb' };
  return startChild(t, 'script', ['-qec', command, '/dev/null'], { env, open: true });
}

/** What psql prints for one statement. @throws Error where it fails. */
export async function ask(target: string | Conninfo, sql: string, wish: PsqlWish = {}): Promise<string> {
  const { status, stdout, stderr } = await psql(target, ['-c', sql], wish);
  if (status !== 0) throw new Error(`psql ended with ${status}: ${stderr}`);
  return stdout.trimEnd();
}

function psqlArgs(target: string | Conninfo, args: readonly string[]): string[] {
  const where = typeof target === 'string' ? target : conninfo(target);
  return ['-XAtw', '-v', 'ON_ERROR_STOP=1', '-d', where, ...args];
}
