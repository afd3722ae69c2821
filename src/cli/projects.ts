import { Command } from 'commander';
import { findProject } from '../catalog/find.ts';
import { type CatalogFlags, change, onCatalog, yesOption } from './catalog-command.ts';
import { configOptions } from './config-options.ts';
import { CliError } from './error.ts';
import { outputOption, show, showList, tableOf } from './output.ts';
import { BRANCHES, PROJECTS, shownBranch, shownProject } from './shown.ts';
import { databaseOption, givenUpstream } from './upstream-options.ts';

interface CreateFlags extends CatalogFlags {
  readonly id?: string;
  readonly name?: string;
  readonly upstream: string;
  readonly database?: ReadonlyMap<string, string>;
}

/** `portcullis projects`. */
export function projectsCommand(): Command {
  const create = databaseOption(
    new Command('create')
      .description('a project with a branch main, whose data lie at --upstream')
      .option('--name <name>', 'for people')
      .option('--id <id>', 'by default one is made up')
      .requiredOption(
        '--upstream <url>',
        'postgres://host:5432/database?sslmode=verify-full, without a role',
      ),
  );
  return new Command('projects')
    .description('projects of the catalog')
    .addCommand(options(new Command('list').description('all projects')).action(list))
    .addCommand(options(create).action(createProject))
    .addCommand(
      yesOption(
        options(new Command('delete').description('a project and its branches').argument('<id>', 'its id')),
      ).action(deleteProject),
    );
}

function options(command: Command): Command {
  return outputOption(configOptions(command));
}

async function list(flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, ({ desk }) => showList(desk.read().map(shownProject), flags, PROJECTS));
}

async function createProject(flags: CreateFlags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const upstream = givenUpstream(flags.upstream, flags.database, opened.location);
    const { id, name } = flags;
    const wish = { type: 'create-project', id, name, branchName: 'main', upstream } as const;
    const { after } = await change(opened, flags, { wish });
    const project = after.at(-1);
    if (project === undefined) throw new CliError('the project is gone again', 1);
    const shown = shownProject(project);
    const branches = project.branches.map((branch) => shownBranch({ project, branch }));
    show(
      { project: shown, branches },
      flags,
      () => `${tableOf([shown], PROJECTS)}\n${tableOf(branches, BRANCHES)}`,
    );
  });
}

async function deleteProject(id: string, flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const wish = { type: 'delete-project', project: id } as const;
    const question = `Delete project ${id} with all its branches and passwords?`;
    const { before } = await change(opened, flags, { wish, question });
    const shown = shownProject(findProject(before, id));
    show(shown, flags, () => `deleted:\n${tableOf([shown], PROJECTS)}`);
  });
}
