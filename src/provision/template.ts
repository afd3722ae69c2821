import { setTimeout } from 'node:timers/promises';
import { StatementFailed } from '../upstream/statements.ts';
import { ProvisionError } from './error.ts';
import { identifier, literal } from './quoting.ts';
import type { Server, ServerSession } from './server.ts';
import type { ParentDatabase } from './survey.ts';

/** CREATE DATABASE … STRATEGY (PostgreSQL 15). */
const STRATEGY_SINCE = 150_000;
/** file_copy_method (PostgreSQL 18). */
const COPY_METHOD_SINCE = 180_000;
/**
 * Bytes up to which a copy goes through the WAL: less than a second, where copying files takes two checkpoints, which on
 * a busy server take several. Beyond it files are copied, or shared where the file system can.
 */
const SMALL = 64 * 1024 * 1024;
/** ms between two looks at sessions that are to leave the parent. */
const POLL_MS = 50;
/** ms that a transaction gets to end by itself, less than the 5 s for which the server waits. */
const GRACE_MS = 3000;

/** SQLSTATEs (PostgreSQL manual, appendix A). */
const OBJECT_IN_USE = '55006';
const INVALID_PARAMETER = '22023';
/** Where cloning is not to be had on a file system: system errors of copy_file_range(2). */
const FILE_FAILURES = ['XX000', '58030', '0A000'];

export interface Copy {
  readonly from: ParentDatabase;
  readonly to: string;
  readonly owner: string;
  /** Whether sessions on the parent are ended for it. */
  readonly drain: boolean;
}

/**
 * `CREATE DATABASE … TEMPLATE …`. While it runs the server itself holds new sessions of the parent: they wait at
 * their login. Sessions that are there already stand in its way, and the server waits 5 s for them to end
 * (CountOtherDBBackends, storage/ipc/procarray.c); where `drain` says so, they are ended.
 * @returns how many sessions were ended.
 * @throws ProvisionError where sessions stay; StatementFailed. There is no copy then.
 */
export async function copyByTemplate(session: ServerSession, server: Server, copy: Copy): Promise<number> {
  const clones = copiesFiles(session, copy) && (await choosesClone(session));
  try {
    return await withDrain(server, copy, () => createDatabase(session, copy));
  } catch (error) {
    if (!clones || !(error instanceof StatementFailed) || !FILE_FAILURES.includes(error.sqlstate))
      throw inWords(error, copy);
    await session.run('SET file_copy_method = copy');
    return await withDrain(server, copy, () => createDatabase(session, copy)).catch((again: unknown) => {
      throw inWords(again, copy);
    });
  }
}

function copiesFiles(session: ServerSession, { from: { size } }: Copy): boolean {
  return session.facts.version >= STRATEGY_SINCE && (size === undefined || size > SMALL);
}

async function createDatabase(session: ServerSession, copy: Copy): Promise<void> {
  const { from, to, owner } = copy;
  const strategy = copiesFiles(session, copy) ? ' STRATEGY FILE_COPY' : '';
  const limit = ` CONNECTION LIMIT ${Number(from.connectionLimit)}`;
  await session.run(
    `CREATE DATABASE ${identifier(to)} TEMPLATE ${identifier(from.name)} OWNER ${identifier(owner)}${strategy}${limit}`,
  );
}

/** Blocks are shared with the parent's files where the file system can (PostgreSQL manual, file_copy_method). */
async function choosesClone(session: ServerSession): Promise<boolean> {
  if (session.facts.version < COPY_METHOD_SINCE) return false;
  try {
    await session.run('SET file_copy_method = clone');
    return true;
  } catch (error) {
    if (error instanceof StatementFailed && error.sqlstate === INVALID_PARAMETER) return false;
    throw error;
  }
}

/** Ends sessions on the parent from a second connection while the first one waits for them; idle ones first. */
async function withDrain(server: Server, { from, drain }: Copy, work: () => Promise<void>): Promise<number> {
  let ended = 0;
  if (!drain) {
    await work();
    return ended;
  }
  using aside = await server.open();
  let over = false;
  const done = work().finally(() => {
    over = true;
  });
  // Its failure is told where it is awaited, below; until then it is only over.
  const settled = done.catch(() => undefined);
  const began = performance.now();
  while (!over) {
    const isLate = performance.now() - began > GRACE_MS;
    const gone = await aside.run(`SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datname = ${literal(from.name)} AND backend_type IN ('client backend', 'walsender')
  AND (${isLate} OR state = 'idle')`);
    ended += gone.length;
    await Promise.race([settled, setTimeout(POLL_MS)]);
  }
  await done;
  return ended;
}

function inWords(error: unknown, { from }: Copy): unknown {
  if (!(error instanceof StatementFailed) || error.sqlstate !== OBJECT_IN_USE) return error;
  const who = error.detail === undefined ? '' : ` (${error.detail})`;
  return new ProvisionError(
    `database ${JSON.stringify(from.name)} of the parent is in use${who}: end its sessions, or let --drain end them`,
    { cause: error },
  );
}
