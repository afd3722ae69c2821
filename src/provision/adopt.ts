import {
  defaultPrivilegesSql,
  EVENT_TRIGGERS,
  grantsSql,
  policiesSql,
  type RolePair,
  sharedPossessionsSql,
  subscriptionsSql,
  USER_MAPPINGS,
} from './adopt-sql.ts';
import { ProvisionError } from './error.ts';
import { identifier } from './quoting.ts';
import type { ServerSession } from './server.ts';

/** A pair whose objects change hands. */
export interface Heir extends RolePair {
  /** False: what the parent's role owns stays its own, as it is a superuser. */
  readonly yields: boolean;
}

/** A copy that was restored: all of it belongs to one role, and what its statements say is known from the parent. */
export interface Restored {
  readonly restorer: string;
  readonly owner: string;
  readonly owners: readonly string[];
  readonly rights: readonly string[];
  readonly defaults: readonly string[];
}

/** Statements that go to the server at a time. */
const BATCH = 200;

/**
 * Makes a copied database the branch's own, in one transaction: its objects belong to the copies of the roles that
 * owned them, and what roles of the parent may do there their copies may. Nothing of the database's own runs as us
 * meanwhile: event triggers, also those that a superuser made fire always, are off.
 * @param session in the copy.
 * @throws ProvisionError, StatementFailed; the database is then as it was.
 */
export async function adopt(
  session: ServerSession,
  heirs: readonly Heir[],
  restored?: Restored,
): Promise<void> {
  await session.run('BEGIN');
  const triggers = await session.run(EVENT_TRIGGERS);
  if (triggers.length > 0 && !session.facts.isSuperuser)
    throw new ProvisionError(
      'the parent has event triggers, which would run as the provisioner: let cluster.role be a superuser, or disable them there',
    );
  await inBatches(session, columnOf(triggers, 'off'));
  await inBatches(session, await session.texts(USER_MAPPINGS));
  if (restored === undefined) await reassign(session, heirs);
  else await distribute(session, restored);
  await inBatches(session, restored?.rights ?? (await session.texts(grantsSql(heirs))));
  await inBatches(session, await session.texts(policiesSql(heirs)));
  await inBatches(session, restored?.defaults ?? (await session.texts(defaultPrivilegesSql(heirs))));
  await inBatches(session, columnOf(triggers, 'back'));
  await session.run('COMMIT');
}

/**
 * REASSIGN OWNED also takes the shared objects of a role, the parent database among them. They go back in the same
 * transaction, so that nobody ever sees it.
 */
async function reassign(session: ServerSession, heirs: readonly Heir[]): Promise<void> {
  const yielding = heirs.filter(({ yields }) => yields);
  if (yielding.length === 0) return;
  const parents = yielding.map(({ parent }) => parent);
  const [subscription] = await session.texts(subscriptionsSql(parents));
  if (subscription !== undefined)
    throw new ProvisionError(
      `a role of the parent owns the subscription ${subscription}: give it another owner first`,
    );
  const before = await session.run(sharedPossessionsSql(parents));
  for (const { parent, child } of yielding)
    await session.run(`REASSIGN OWNED BY ${identifier(parent)} TO ${identifier(child)}`);
  await inBatches(
    session,
    before.map((row) => `ALTER ${row.get('what')} OWNER TO ${identifier(row.get('owner') ?? '')}`),
  );
}

/** The database itself is among what the restorer owns, and goes along. */
async function distribute(session: ServerSession, { restorer, owner, owners }: Restored): Promise<void> {
  await session.run(`REASSIGN OWNED BY ${identifier(restorer)} TO ${identifier(owner)}`);
  await inBatches(session, owners);
}

async function inBatches(session: ServerSession, statements: readonly string[]): Promise<void> {
  for (let i = 0; i < statements.length; i += BATCH)
    await session.run(statements.slice(i, i + BATCH).join(';\n'));
}

function columnOf(rows: readonly ReadonlyMap<string, string | null>[], column: string): string[] {
  return rows.map((row) => row.get(column) ?? '');
}
