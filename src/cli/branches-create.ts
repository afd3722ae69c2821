import { Command } from 'commander';
import type { CatalogState } from '../catalog/find.ts';
import type { Role } from '../catalog/model.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import type { Done } from '../control/carry-out.ts';
import {
  type CatalogFlags,
  catalogOptions,
  change,
  drainOption,
  onCatalog,
  warn,
} from './catalog-command.ts';
import { show, tableOf } from './output.ts';
import { passwordTable, upstreamMend } from './passwords-shown.ts';
import { BRANCHES, shownBranch, shownRole } from './shown.ts';
import { databaseOption, givenUpstream } from './upstream-options.ts';

interface Flags extends CatalogFlags {
  readonly name?: string;
  readonly parent?: string;
  readonly upstream?: string;
  readonly database?: ReadonlyMap<string, string>;
}

/** `portcullis branches create`: on the project's cluster, or where its upstream is named or the parent's. */
export function createBranchCommand(): Command {
  return databaseOption(
    catalogOptions(
      drainOption(
        new Command('create')
          .description('a branch made after another')
          .option('--name <name>', 'by default its id')
          .option('--parent <id|name>', 'by default the default branch')
          .option(
            '--upstream <url>',
            'where its data lie already; by default a copy is made where the project has a cluster',
          ),
      ),
    ),
  ).action(async (flags: Flags) => {
    await onCatalog(flags, async (opened) => {
      const { name, parent, database, projectId: project } = flags;
      const upstream =
        flags.upstream === undefined ? undefined : givenUpstream(flags.upstream, database, opened.location);
      const wish = { type: 'create-branch', project, name, parent, database, upstream } as const;
      const done = await change(opened, flags, { wish });
      showCreated(placeOf(done), done, flags);
    });
  });
}

function placeOf({ events, after }: Done): BranchRef {
  const [event] = events;
  const created = event?.type === 'branch-created' ? event : undefined;
  const project = after.find(({ id }) => id === created?.projectId);
  if (created === undefined || project === undefined) throw new Error('no branch was created');
  return { project, branch: created.branch };
}

function showCreated(place: BranchRef, { passwords, after }: Done, flags: Flags): void {
  const branch = shownBranch(place);
  const roles = place.branch.roles.map((role) => {
    const password = passwords.get(role.name);
    return { ...shownRole(branch.id, role), ...(password !== undefined && { password }) };
  });
  show({ branch, roles }, flags, () => `${tableOf([branch], BRANCHES)}${passwordTable(passwords)}`);
  if (place.branch.provisioner !== undefined) return;
  for (const role of place.branch.roles) if (passwords.has(role.name)) warnOfLogin(after, place, role);
}

/** A new password at the gate is no password upstream. */
function warnOfLogin(state: CatalogState, place: BranchRef, role: Role): void {
  const mend = upstreamMend(state, place, role);
  if (mend === undefined) return;
  const unknown = `role ${role.name} has no login upstream yet: roles reset-password prints what to run there`;
  warn('warning' in mend ? mend.warning : unknown);
}
