import { isDeepStrictEqual } from 'node:util';
import type { Command } from '../catalog/commands.ts';
import { branchToCopy, decide, passwordsNeeded } from '../catalog/decide.ts';
import type { CatalogEvent } from '../catalog/events.ts';
import type { CatalogState } from '../catalog/find.ts';
import type { Fresh } from '../catalog/fresh.ts';
import { Rejected } from '../catalog/rejection.ts';
import { allowed, type Done, makePasswords } from './decided.ts';
import type { CatalogDesk, Chance, Provisioner } from './ports.ts';

/** Whether a command may copy a database, which takes minutes. */
export function takesLong({ type }: Command): boolean {
  return type === 'create-branch' || type === 'reset-branch';
}

interface SlowWork {
  readonly command: Command;
  readonly chance: Chance;
  readonly provisioner: Provisioner;
}

/**
 * Does what a command wants, and leaves the catalog to others while a database is copied: nobody who tightens an
 * allowlist waits for that. Afterwards the rules are asked again, with the same chance, and what they say then is kept;
 * where that is no longer what was made, nothing is.
 * @throws as `carryOut`.
 */
export async function carryOutSlowly(desk: CatalogDesk, work: SlowWork): Promise<Done> {
  const { command, provisioner } = work;
  const first = desk.read();
  const { passwords, fresh } = await freshFor(first, work);
  const made = allowed(decide(first, command, fresh())).events;
  let done: Pick<Done, 'events' | 'before'> | undefined;
  try {
    await provisioner.prepare(first, made);
    const after = await desk.change(
      (before) => {
        const { events } = allowed(decide(before, command, fresh()));
        if (!isDeepStrictEqual(events.map(madeUpstream), made.map(madeUpstream)))
          throw new Rejected('the catalog was changed while the branch was made: try again');
        done = { events, before };
        return Promise.resolve(events);
      },
      (state) => provisioner.settle(state),
    );
    if (done === undefined) throw new Error('the desk changed the catalog without asking');
    return { ...done, passwords, after };
  } catch (error) {
    // Where the desk settled it already, there is nothing left to do.
    await provisioner.settle(first);
    throw error;
  }
}

/** What the rules need, the same every time it is asked for. */
async function freshFor(
  state: CatalogState,
  { command, chance, provisioner }: SlowWork,
): Promise<{ readonly passwords: ReadonlyMap<string, string>; readonly fresh: () => Fresh }> {
  const { passwords, verifiers } = await makePasswords(allowed(passwordsNeeded(state, command)), chance);
  const { copied } = allowed(branchToCopy(state, command));
  const databases = copied && (await provisioner.databasesOf(copied.project, copied.branch));
  const drawn: number[] = [];
  const now = chance.now();
  const fresh = (): Fresh => {
    let next = 0;
    const randomInt = (bound: number): number => {
      const number = drawn[next] ?? chance.randomInt(bound);
      drawn[next] = number;
      next += 1;
      return number;
    };
    return { now, randomInt, verifiers, databases };
  };
  return { passwords, fresh };
}

/** What of an event the upstream has been given; policies may have changed meanwhile. */
function madeUpstream(event: CatalogEvent): unknown {
  switch (event.type) {
    case 'branch-created': {
      const { id, parentId, upstream, roles, provisioner } = event.branch;
      return {
        id,
        parentId,
        upstream,
        provisioner,
        roles: roles.map(({ name, verifier }) => ({ name, verifier })),
      };
    }
    case 'role-created':
      return { name: event.role.name, verifier: event.role.verifier };
    default:
      return event;
  }
}
