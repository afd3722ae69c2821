import { setTimeout } from 'node:timers/promises';
import type { CatalogState } from '../catalog/find.ts';
import type { Branch } from '../catalog/model.ts';
import { couldBeNameFor, isRestorer, upstreamRole } from '../catalog/upstream-names.ts';
import { StatementFailed } from '../upstream/statements.ts';
import { ProvisionError } from './error.ts';
import type { Intent } from './ports.ts';
import { identifier, literal, nameArray } from './quoting.ts';
import { closeLogin, openLogin, setVerifier } from './role-sql.ts';
import { refusalText, type ServerSession, workName } from './server.ts';
import { databasesMadeFor, markedRoles } from './survey.ts';

/** ms that a session may take to end once it was told to. */
const WORK_ENDS_MS = 30_000;
const POLL_MS = 20;

/**
 * Makes the server agree with the catalog about what an intent names: what the catalog has is there, what it has
 * not is gone. Only what bears the branch's mark and could be called so is ever dropped, and no database that any
 * branch reaches.
 * @throws ProvisionError, StatementFailed; it can be done again.
 */
export async function settle(session: ServerSession, intent: Intent, state: CatalogState): Promise<void> {
  await endWork(session, intent.branch);
  const all = state.flatMap(({ branches }) => branches);
  const branch = all.find(({ id }) => id === intent.branch);
  const reached = new Set(all.flatMap(({ upstream }) => [...(upstream.database?.values() ?? [])]));
  const idle = intent.databases.filter((name) => !reached.has(name) && couldBeNameFor(name, intent.branch));
  for (const name of await databasesMadeFor(session, intent.branch, idle)) await dropDatabase(session, name);
  await dropRoles(session, intent, (name) => branch === undefined || isRestorer(name, intent.branch));
  if (branch !== undefined) await alignRoles(session, intent, branch);
}

/** The server goes on with a statement whose client was killed, CREATE DATABASE for minutes: it is ended first. */
async function endWork(session: ServerSession, branchId: string): Promise<void> {
  const patience = performance.now() + WORK_ENDS_MS;
  const left = `SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE application_name = ${literal(workName(branchId))} AND usename = CURRENT_USER`;
  while ((await session.run(left)).length > 0) {
    if (performance.now() > patience)
      throw new ProvisionError(`an earlier command is still at work on branch ${branchId} at the cluster`);
    await setTimeout(POLL_MS);
  }
}

/** Its sessions are ended (DROP DATABASE, PostgreSQL 13). */
async function dropDatabase(session: ServerSession, name: string): Promise<void> {
  await inWords(`database ${JSON.stringify(name)} is still on the cluster`, async () => {
    await session.run(`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`);
  });
}

/** All or none. DROP OWNED takes back what they were granted on tablespaces and other databases. */
async function dropRoles(
  session: ServerSession,
  { branch }: Intent,
  goes: (name: string) => boolean,
): Promise<void> {
  const marked = await markedRoles(session, branch);
  const roles = marked.filter((name) => couldBeNameFor(name, branch) && goes(name));
  if (roles.length === 0) return;
  const list = roles.map(identifier).join(', ');
  await inWords(`roles ${list} are still on the cluster`, async () => {
    await session.run(`DROP OWNED BY ${list}; DROP ROLE ${list}`);
  });
}

async function alignRoles(session: ServerSession, intent: Intent, branch: Branch): Promise<void> {
  const there = await session.texts(
    `SELECT rolname FROM pg_catalog.pg_roles WHERE rolname = ANY (${nameArray(intent.roles)})`,
  );
  const marked = new Set(await markedRoles(session, branch.id));
  const statements = there.flatMap((name) => {
    const role = branch.roles.find((each) => upstreamRole(each) === name);
    const ours = marked.has(name);
    if (role?.verifier !== undefined && role.upstream.login === undefined)
      return [ours ? openLogin(name, role.verifier) : setVerifier(name, role.verifier)];
    return ours && role === undefined ? [closeLogin(name)] : [];
  });
  if (statements.length > 0) await session.run(statements.join('; '));
}

async function inWords(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof StatementFailed)) throw error;
    throw new ProvisionError(`${what}: ${refusalText(error)}`, { cause: error });
  }
}
