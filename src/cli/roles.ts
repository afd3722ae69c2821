import { Command } from 'commander';
import { findBranch, roleOf } from '../catalog/find.ts';
import type { Done } from '../control/carry-out.ts';
import { type CatalogFlags, catalogOptions, change, onCatalog, yesOption } from './catalog-command.ts';
import { show, showList, tableOf } from './output.ts';
import { createRole, passwordOptions, resetPassword } from './roles-password.ts';
import { setUpstream, upstreamOptions } from './roles-set-upstream.ts';
import { ROLES, shownRole } from './shown.ts';

interface Flags extends CatalogFlags {
  readonly branch?: string;
}

/** `portcullis roles`. */
export function rolesCommand(): Command {
  const create = passwordOptions(
    onBranch(new Command('create').description('a role, with a generated password unless one is given')),
  );
  const reset = passwordOptions(ofRole('reset-password', 'a new password; sessions with the old one end'));
  const upstream = upstreamOptions(ofRole('set-upstream', 'how the gateway logs in upstream for a role'));
  return new Command('roles')
    .alias('role')
    .description('roles of a branch')
    .addCommand(onBranch(new Command('list').description('all roles')).action(list))
    .addCommand(create.requiredOption('--name <name>', 'as clients write it').action(createRole))
    .addCommand(yesOption(ofRole('delete', 'a role; its sessions end')).action(remove))
    .addCommand(yesOption(reset).action(resetPassword))
    .addCommand(upstream.action(setUpstream));
}

function onBranch(command: Command): Command {
  return catalogOptions(command.option('--branch <id|name>', 'by default the default branch'));
}

function ofRole(verb: string, description: string): Command {
  return onBranch(new Command(verb).description(description).argument('<role>', 'its name'));
}

async function list(flags: Flags): Promise<void> {
  await onCatalog(flags, ({ desk }) => {
    const { branch } = findBranch(desk.read(), flags.projectId, flags.branch);
    const roles = branch.roles.map((role) => shownRole(branch.id, role));
    showList(roles, flags, ROLES);
  });
}

async function remove(role: string, flags: Flags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const { projectId: project, branch } = flags;
    const wish = { type: 'delete-role', project, branch, role } as const;
    const { before } = await change(opened, flags, { wish, question: `Delete role ${role}?` });
    showRole(before, role, flags, 'deleted:\n');
  });
}

function showRole(state: Done['after'], name: string, flags: Flags, before = ''): void {
  const { branch } = findBranch(state, flags.projectId, flags.branch);
  const shown = shownRole(branch.id, roleOf(branch, name));
  show(shown, flags, () => `${before}${tableOf([shown], ROLES)}`);
}
