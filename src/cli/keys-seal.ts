import { Command } from 'commander';
import { type CatalogState, findBranch, findProject } from '../catalog/find.ts';
import { Secret } from '../catalog/secret.ts';
import { authQuerySecret, clusterSecret, type SecretOwner } from '../config/secret-owner.ts';
import { type CatalogFlags, catalogOptions, onCatalog } from './catalog-command.ts';
import { CliError } from './error.ts';
import { show } from './output.ts';
import { passwordFrom } from './typed-password.ts';

interface Flags extends CatalogFlags {
  readonly cluster?: boolean;
  readonly authQuery?: boolean;
  readonly branch?: string;
}

/** `portcullis keys seal`: a text for catalog.yaml, where no other command writes it. */
export function sealCommand(): Command {
  return catalogOptions(
    new Command('seal')
      .description('seal the password on standard input, for catalog.yaml')
      .option('--cluster', 'for the password of the project’s cluster')
      .option('--auth-query', 'for the password of a branch’s auth_query')
      .option('--branch <id|name>', 'by default the default branch'),
  ).action(sealNow);
}

async function sealNow(flags: Flags): Promise<void> {
  if ((flags.cluster === true) === (flags.authQuery === true))
    throw new CliError('say for what: --cluster or --auth-query', 2);
  await onCatalog(flags, async ({ desk }) => {
    const owner = ownerIn(desk.read(), flags);
    const password = await passwordFrom();
    if (password === '') throw new CliError('no password was typed', 1);
    const sealed = await desk.seal({ password: new Secret(password) }, owner);
    show({ sealed }, flags, () => `${sealed}\n`);
  });
}

function ownerIn(state: CatalogState, flags: Flags): SecretOwner {
  if (flags.cluster === true) return clusterSecret(findProject(state, flags.projectId).id);
  const { project, branch } = findBranch(state, flags.projectId, flags.branch);
  return authQuerySecret(project.id, branch.id);
}
