import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type Account, giveTo } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';
import { DevError } from './error.ts';
import { type Command, runToEnd } from './spawn.ts';

/** PostgreSQL insists on it, or on 0750. */
const DATA_MODE = 0o700;

/** An initdb whose gateway was killed may still be writing into what we remove. */
const REMOVE = { recursive: true, force: true, maxRetries: 10 };

/** From this version on, `C.UTF-8` comes with PostgreSQL and sorts alike on every machine (manual, 23.1.4). */
const BUILTIN_LOCALES_SINCE = 17;

/** A data folder, and what works on it. */
export interface Installation {
  readonly binaries: PostgresBinaries;
  readonly account: Account;
  readonly dataDir: string;
  readonly signal?: AbortSignal | undefined;
}

export function majorVersion({ version }: PostgresBinaries): number {
  return Number.parseInt(version, 10);
}

/**
 * Makes the data folder: initdb, then `sql` in single-user mode, under another name until all is done, so that
 * what bears the right name is whole whenever we are killed.
 *
 * @param sync whether it shall survive a loss of power from the start
 */
export async function initialize(to: Installation, sql: readonly string[], sync: boolean): Promise<void> {
  const input = script(sql);
  const draft = `${draftPrefix(to.dataDir)}${randomBytes(6).toString('hex')}`;
  await mkdir(draft, { mode: DATA_MODE });
  try {
    await giveTo(to.account, draft);
    await initdb({ ...to, dataDir: draft }, sync);
    await feedSingleUser({ ...to, dataDir: draft }, input);
    await rename(draft, to.dataDir);
  } catch (error) {
    await rm(draft, REMOVE);
    throw error;
  }
}

/** Removes what an {@link initialize} that was killed has left. Only for whoever holds the folder's lock. */
export async function removeHalfMade(dataDir: string): Promise<void> {
  const prefix = basename(draftPrefix(dataDir));
  for (const name of await readdir(dirname(dataDir))) {
    if (name.startsWith(prefix)) await rm(join(dirname(dataDir), name), REMOVE);
  }
}

/**
 * Runs SQL as the superuser on a data folder without a server: nobody can connect meanwhile, and nobody needs
 * a superuser's password. One statement an element; the text goes through a pipe.
 *
 * @throws DevError with the server's message at the first statement that fails
 */
export async function singleUser(on: Installation, sql: readonly string[]): Promise<void> {
  if (sql.length > 0) await feedSingleUser(on, script(sql));
}

async function feedSingleUser(on: Installation, input: string): Promise<void> {
  // exit_on_error: it would go on and exit with 0. The statement, which may hold a verifier, is not logged.
  const settings = ['exit_on_error=on', 'log_min_error_statement=panic', 'log_checkpoints=off'];
  const args = ['--single', '-j', '-D', on.dataDir, ...settings.flatMap((text) => ['-c', text]), 'postgres'];
  const command = { account: on.account, file: join(on.binaries.bin, 'postgres'), args, input };
  await explained(`cannot prepare the database in ${dirname(on.dataDir)}`, command, on.signal);
}

/** With `-j`, a semicolon and two line breaks end a statement (manual, postgres, single-user mode). */
function script(sql: readonly string[]): string {
  if (sql.some((statement) => statement.includes(';\n\n'))) {
    throw new DevError('a statement of the bootstrap has an empty line in it');
  }
  return sql.map((statement) => `${statement};\n\n`).join('');
}

async function initdb({ binaries, account, dataDir, signal }: Installation, sync: boolean): Promise<void> {
  const locale =
    majorVersion(binaries) >= BUILTIN_LOCALES_SINCE
      ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
      : ['--locale=C.UTF-8', '--lc-messages=C'];
  const args = [
    `--pgdata=${dataDir}`,
    '--username=postgres',
    '--encoding=UTF8',
    ...locale,
    // For a server that somebody starts by hand; ours has an hba.conf of its own.
    '--auth-local=peer',
    '--auth-host=scram-sha-256',
    ...(sync ? [] : ['--no-sync']),
  ];
  const command = { account, file: join(binaries.bin, 'initdb'), args };
  await explained(`cannot make a database in ${dirname(dataDir)}`, command, signal);
}

/** @throws DevError saying what could not be done, where the program complained; the signal's reason as it is */
async function explained(what: string, command: Command, signal: AbortSignal | undefined): Promise<void> {
  try {
    await runToEnd(command, signal);
  } catch (error) {
    if (!(error instanceof DevError) || error === signal?.reason) throw error;
    throw new DevError(`${what}: ${error.message} (another folder: --dir)`, { cause: error });
  }
}

function draftPrefix(dataDir: string): string {
  return `${dataDir}.init-`;
}
