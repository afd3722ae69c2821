import { Command } from 'commander';
import type { EditList } from '../catalog/commands.ts';
import { branchOf, type CatalogState, findProject } from '../catalog/find.ts';
import { type CatalogFlags, catalogOptions, change, onCatalog, warn } from './catalog-command.ts';
import { show, tableOf } from './output.ts';

interface Flags extends CatalogFlags {
  readonly branch?: string;
  readonly protectedOnly?: boolean;
}

/** In neonctl's words. */
interface ShownAllowlist {
  readonly id: string;
  readonly name?: string;
  /** Missing: there is no list. */
  readonly IP_addresses?: readonly string[];
  readonly protected_branches_only?: boolean;
}

/** `portcullis ip-allow`: the project's allowlist, or with `--branch` that branch's own. */
export function ipAllowCommand(): Command {
  return new Command('ip-allow')
    .description('the addresses that may connect: of the project, or with --branch of one branch')
    .addCommand(common(new Command('list').description('the entries')).action(list))
    .addCommand(editing('add', 'add entries').action(edit('add-ips')))
    .addCommand(editing('remove', 'take entries out').action(edit('remove-ips')))
    .addCommand(
      editing('reset', 'put these entries in place of the list; without any, remove the list').action(
        edit('reset-ips'),
      ),
    );
}

function common(command: Command): Command {
  return catalogOptions(command.option('--branch <id|name>', 'the branch’s own list'));
}

function editing(verb: string, description: string): Command {
  return common(new Command(verb).description(description))
    .argument('[ips...]', 'addresses, CIDRs and ranges a-b')
    .option('--protected-only', 'the project’s list counts on protected branches only')
    .option('--no-protected-only', 'it counts on all of them')
    .setOptionValue('protectedOnly', undefined);
}

async function list(flags: Flags): Promise<void> {
  await onCatalog(flags, ({ desk }) => showAllowlist(desk.read(), flags));
}

function edit(type: EditList['type']) {
  return async (written: readonly string[], flags: Flags): Promise<void> => {
    const { projectId: project, branch } = flags;
    const { ips, protectedOnly } = asNeon(written, flags.protectedOnly);
    await onCatalog(flags, async (opened) => {
      const wish: EditList = { type, project, branch, ips, protectedOnly };
      const { after } = await change(opened, flags, { wish });
      showAllowlist(after, flags);
      if (findProject(after, project).allowedIps?.ips.length === 0 && branch === undefined)
        warn('the list is empty now, which admits nobody: ip-allow reset removes it');
    });
  };
}

/** `--protected-only false` is neonctl's; its word comes behind the flag, where entries are. */
function asNeon(
  written: readonly string[],
  flag: boolean | undefined,
): { readonly ips: readonly string[]; readonly protectedOnly: boolean | undefined } {
  if (flag !== true) return { ips: written, protectedOnly: flag };
  const ips = written.filter((each) => each !== 'true' && each !== 'false');
  return { ips, protectedOnly: !written.includes('false') };
}

function showAllowlist(state: CatalogState, flags: Flags): void {
  const shown = allowlistOf(state, flags);
  const { IP_addresses: ips, protected_branches_only: only } = shown;
  show(shown, flags, () => {
    if (ips === undefined && flags.branch !== undefined) return 'no list of its own: the project’s counts\n';
    if (ips === undefined) return 'no list: every address is admitted\n';
    const rows = tableOf(ips, {
      columns: { ENTRY: (ip) => ip },
      nothing: 'an empty list: nobody is admitted',
    });
    return only === true ? `${rows}on protected branches only\n` : rows;
  });
}

function allowlistOf(state: CatalogState, { projectId, branch: wanted }: Flags): ShownAllowlist {
  const project = findProject(state, projectId);
  if (wanted !== undefined) {
    const { id, name, allowedIps } = branchOf(project, wanted);
    return { id, name, ...(allowedIps !== undefined && { IP_addresses: allowedIps }) };
  }
  const { id, name, allowedIps } = project;
  return {
    id,
    ...(name !== undefined && { name }),
    ...(allowedIps !== undefined && {
      IP_addresses: allowedIps.ips,
      protected_branches_only: allowedIps.protectedBranchesOnly,
    }),
  };
}
