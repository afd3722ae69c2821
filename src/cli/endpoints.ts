import { Command } from 'commander';
import { type CatalogState, findBranch, findProject } from '../catalog/find.ts';
import { foldCase } from '../catalog/names.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import type { ServerConfig } from '../config/server-config.ts';
import { type CatalogFlags, catalogOptions, change, onCatalog, yesOption } from './catalog-command.ts';
import { configOptions } from './config-options.ts';
import { type Listing, outputOption, show, showList, tableOf } from './output.ts';

interface Flags extends CatalogFlags {
  readonly branch?: string;
}

/** In the Neon API's field names. */
interface ShownEndpoint {
  readonly id: string;
  readonly project_id: string;
  readonly branch_id: string;
  readonly branch_name: string;
  /** What clients put into their URL; missing where the configuration has no public.domain. */
  readonly host?: string;
}

const ENDPOINTS: Listing<ShownEndpoint> = {
  columns: { ID: ({ id }) => id, BRANCH: ({ branch_name }) => branch_name, HOST: ({ host }) => host },
  nothing: 'there is no endpoint: endpoints create makes one',
};

/** `portcullis endpoints`: the names by which clients reach a branch. */
export function endpointsCommand(): Command {
  const list = ofBranch('list', 'all endpoints', 'only those of this branch');
  const create = ofBranch('create', 'one more name for a branch', 'by default the default branch');
  const remove = new Command('delete')
    .description('an endpoint of a branch that is not protected; its other endpoints stay')
    .argument('<id>', 'as endpoints list shows it');
  return new Command('endpoints')
    .alias('endpoint')
    .description('names by which clients reach a branch')
    .addCommand(list.action(listEndpoints))
    .addCommand(create.action(createEndpoint))
    .addCommand(yesOption(outputOption(configOptions(remove))).action(deleteEndpoint));
}

function ofBranch(verb: string, description: string, which: string): Command {
  return catalogOptions(new Command(verb).description(description).option('--branch <id|name>', which));
}

async function listEndpoints(flags: Flags): Promise<void> {
  await onCatalog(flags, ({ desk, published }) => {
    const state = desk.read();
    const project = findProject(state, flags.projectId);
    const wanted =
      flags.branch === undefined ? undefined : findBranch(state, project.id, flags.branch).branch;
    const branches = wanted === undefined ? project.branches : [wanted];
    const endpoints = branches.flatMap((branch) => shownEndpoints({ project, branch }, published));
    showList(endpoints, flags, ENDPOINTS);
  });
}

async function createEndpoint(flags: Flags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const { projectId: project, branch } = flags;
    const { events, after } = await change(opened, flags, {
      wish: { type: 'create-endpoint', project, branch },
    });
    const created = events.flatMap((event) => (event.type === 'endpoint-created' ? [event.endpoint] : []));
    const shown = endpointsIn(after, opened.published).find(({ id }) => created.includes(id));
    show(shown, flags, () => tableOf(shown === undefined ? [] : [shown], ENDPOINTS));
  });
}

async function deleteEndpoint(id: string, flags: CatalogFlags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const wish = { type: 'delete-endpoint', endpoint: id } as const;
    const question = `Delete endpoint ${id}? Sessions that came by it end, and nobody comes by that name any more.`;
    const { before } = await change(opened, flags, { wish, question });
    const shown = endpointsIn(before, opened.published).find((each) => each.id === foldCase(id));
    show(shown, flags, () => `deleted:\n${tableOf(shown === undefined ? [] : [shown], ENDPOINTS)}`);
  });
}

function endpointsIn(state: CatalogState, published: ServerConfig['public']): ShownEndpoint[] {
  return state.flatMap((project) =>
    project.branches.flatMap((branch) => shownEndpoints({ project, branch }, published)),
  );
}

function shownEndpoints({ project, branch }: BranchRef, published: ServerConfig['public']): ShownEndpoint[] {
  return branch.endpoints.map((id) => ({
    id,
    project_id: project.id,
    branch_id: branch.id,
    branch_name: branch.name,
    ...(published !== undefined && { host: `${id}.${published.domain}` }),
  }));
}
