import { adopt, type Heir, type Restored } from './adopt.ts';
import { databaseGrantsSql, defaultPrivilegesSql, ownersSql, rightsSql, settingsSql } from './adopt-sql.ts';
import { copyByDump, type Dump } from './dump.ts';
import { ProvisionError } from './error.ts';
import type { Pair } from './plan.ts';
import { identifier } from './quoting.ts';
import type { Server, ServerSession } from './server.ts';
import { settingStatements } from './settings.ts';
import { copyByTemplate } from './template.ts';

/** What all databases of a branch are copied with. */
export interface Copying {
  readonly server: Server;
  /** Hears what is going on. */
  readonly tell: (step: string) => void;
  /** Hears what somebody else may have noticed. */
  readonly warn: (what: string) => void;
  readonly session: ServerSession;
  readonly heirs: readonly Heir[];
  readonly logins: readonly string[];
  readonly drain: boolean;
  /** Undefined: by template. */
  readonly dump: Omit<Dump, 'from' | 'to'> | undefined;
}

/**
 * Makes one database of a branch: a copy that belongs to the branch's roles, with rights and settings as the parent's.
 * @throws ProvisionError, StatementFailed.
 */
export async function copy({ from, to }: Pair, copying: Copying): Promise<void> {
  const { server, session, heirs, logins, drain, tell, warn } = copying;
  tell(`copying database ${from.name} to ${to}`);
  const owner = heirs.find(({ parent }) => parent === from.owner)?.child;
  if (owner === undefined) throw new ProvisionError(`database ${from.name} has lost its owner: try again`);
  const restored = copying.dump && (await restore({ from, to }, owner, copying));
  if (restored === undefined) {
    const ended = await copyByTemplate(session, server, { from, to, owner, drain });
    if (ended > 0) warn(`sessions on database ${from.name} were ended for the copy: ${ended}`);
  }
  await session.run(`REVOKE ALL ON DATABASE ${identifier(to)} FROM PUBLIC`);
  tell(`giving ${to} to the branch’s roles`);
  {
    using inside = await server.enter(to, session.facts);
    await adopt(inside, heirs, restored);
  }
  if (restored !== undefined) await session.run(`DROP ROLE ${identifier(restored.restorer)}`);
  const grants = await session.texts(databaseGrantsSql(from.name, to, { all: heirs, logins }));
  const settings = await settingsOf(session, { from: from.name, to }, heirs);
  const statements = [...grants, ...settings];
  if (statements.length > 0) await session.run(statements.join(';\n'));
}

/** Copies by pg_dump, and reads in the parent what a dump does not say about roles. */
async function restore({ from, to }: Pair, owner: string, copying: Copying): Promise<Restored | undefined> {
  const { server, session, heirs, dump } = copying;
  if (dump === undefined) return undefined;
  await copyByDump(session, { from, to, ...dump });
  using parent = await server.enter(from.name, session.facts);
  return {
    restorer: dump.restorer,
    owner,
    owners: await parent.texts(ownersSql(heirs)),
    rights: await parent.texts(rightsSql(heirs)),
    defaults: await parent.texts(defaultPrivilegesSql(heirs)),
  };
}

async function settingsOf(
  session: ServerSession,
  { from, to }: { readonly from: string; readonly to: string },
  heirs: readonly Heir[],
): Promise<string[]> {
  const rows = await session.run(settingsSql(from));
  return rows.flatMap((row) => {
    const role = row.get('role') ?? undefined;
    const settings = JSON.parse(row.get('settings') ?? '[]') as string[];
    if (role === undefined) return settingStatements(`ALTER DATABASE ${identifier(to)}`, settings);
    const child = heirs.find(({ parent }) => parent === role)?.child;
    if (child === undefined) return [];
    return settingStatements(`ALTER ROLE ${identifier(child)} IN DATABASE ${identifier(to)}`, settings);
  });
}
