import type { Command } from '../catalog/commands.ts';
import { carryOutSlowly, takesLong } from './carry-out-slowly.ts';
import { type Done, decided } from './decided.ts';
import type { CatalogDesk, Chance, Provisioner } from './ports.ts';

export type { Done } from './decided.ts';

/**
 * Does what a command wants, if the rules let it.
 * @param provisioner where the upstream is to follow; it does so before the catalog changes, and either both do or none.
 * @throws Rejected where they do not; ProvisionError; what the desk throws.
 */
export async function carryOut(
  desk: CatalogDesk,
  command: Command,
  chance: Chance,
  provisioner?: Provisioner,
): Promise<Done> {
  if (provisioner !== undefined && takesLong(command))
    return await carryOutSlowly(desk, { command, chance, provisioner });
  let done: Omit<Done, 'after'> | undefined;
  const after = await desk.change(
    async (before) => {
      done = { ...(await decided(before, command, chance)), before };
      await provisioner?.prepare(before, done.events);
      return done.events;
    },
    (state) => provisioner?.settle(state) ?? Promise.resolve(),
  );
  if (done === undefined) throw new Error('the desk changed the catalog without asking');
  return { ...done, after };
}

/**
 * Whether the rules let a command through, before a person is asked to confirm it. Nothing changes.
 * @throws Rejected where they do not.
 */
export async function rehearse(desk: CatalogDesk, command: Command, chance: Chance): Promise<void> {
  await decided(desk.read(), command, chance);
}
