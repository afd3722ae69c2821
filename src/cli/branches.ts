import { Command } from 'commander';
import type { Command as Wish } from '../catalog/commands.ts';
import { type CatalogState, findBranch, findProject } from '../catalog/find.ts';
import { createBranchCommand } from './branches-create.ts';
import {
  type CatalogFlags,
  catalogOptions,
  change,
  drainOption,
  onCatalog,
  yesOption,
} from './catalog-command.ts';
import { show, showList, tableOf } from './output.ts';
import { passwordTable } from './passwords-shown.ts';
import { BRANCHES, shownBranch } from './shown.ts';

/** `portcullis branches`: nouns, verbs and flags as in Neon's CLI. */
export function branchesCommand(): Command {
  const rename = named('rename', 'give a branch another name').argument(
    '<new-name>',
    'unique in the project',
  );
  return new Command('branches')
    .alias('branch')
    .description('branches of a project')
    .addCommand(catalogOptions(new Command('list').description('all branches')).action(list))
    .addCommand(named('get', 'one branch').action(get))
    .addCommand(createBranchCommand())
    .addCommand(yesOption(named('delete', 'a branch that is neither protected nor default')).action(remove))
    .addCommand(resetCommand())
    .addCommand(rename.action(renameBranch))
    .addCommand(
      named('protect', 'keep a branch from being deleted or reset').action(simple('protect-branch')),
    )
    .addCommand(named('unprotect', 'lift that').action(simple('unprotect-branch')))
    .addCommand(
      named('set-default', 'where clients go that name no endpoint').action(simple('set-default-branch')),
    );
}

function named(verb: string, description: string): Command {
  return catalogOptions(new Command(verb).description(description).argument('<id|name>', 'the branch'));
}

function resetCommand(): Command {
  return drainOption(
    yesOption(named('reset', 'its parent’s data and roles again; it keeps its own passwords')),
  )
    .option('--parent', 'to its parent, the only way there is')
    .action(reset);
}

async function list(flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, ({ desk }) => {
    const project = findProject(desk.read(), flags.projectId);
    const branches = project.branches.map((branch) => shownBranch({ project, branch }));
    showList(branches, flags, BRANCHES);
  });
}

async function get(branch: string, flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, ({ desk }) => showBranch(desk.read(), branch, flags));
}

async function remove(branch: string, flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const wish: Wish = { type: 'delete-branch', project: flags.projectId, branch };
    const made = findBranch(opened.desk.read(), flags.projectId, branch).branch.provisioner !== undefined;
    const what = made ? 'its data, its endpoints' : 'its endpoints';
    const question = `Delete branch ${branch}, ${what} and its passwords?`;
    const { before } = await change(opened, flags, { wish, question });
    showBranch(before, branch, flags, 'deleted:\n');
  });
}

async function reset(branch: string, flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const wish: Wish = { type: 'reset-branch', project: flags.projectId, branch };
    const made = findBranch(opened.desk.read(), flags.projectId, branch).branch.provisioner !== undefined;
    const lost = made ? ' Its data are lost.' : '';
    const question = `Reset branch ${branch} to its parent?${lost}`;
    const { after, passwords } = await change(opened, flags, { wish, question });
    const shown = shownBranch(findBranch(after, flags.projectId, branch));
    const roles = [...passwords].map(([name, password]) => ({ name, password }));
    show({ branch: shown, roles }, flags, () => `${tableOf([shown], BRANCHES)}${passwordTable(passwords)}`);
  });
}

async function renameBranch(branch: string, name: string, flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const wish: Wish = { type: 'rename-branch', project: flags.projectId, branch, name };
    const { after } = await change(opened, flags, { wish });
    showBranch(after, name, flags);
  });
}

function simple(type: 'protect-branch' | 'unprotect-branch' | 'set-default-branch') {
  return async (branch: string, flags: CatalogFlags): Promise<void> => {
    await onCatalog(flags, async (opened) => {
      const { after } = await change(opened, flags, { wish: { type, project: flags.projectId, branch } });
      showBranch(after, branch, flags);
    });
  };
}

function showBranch(state: CatalogState, branch: string, flags: CatalogFlags, before = ''): void {
  const shown = shownBranch(findBranch(state, flags.projectId, branch));
  show(shown, flags, () => `${before}${tableOf([shown], BRANCHES)}`);
}
