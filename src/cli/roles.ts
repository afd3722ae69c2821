import { Command } from 'commander';
import type { SetUpstream } from '../catalog/commands.ts';
import { findBranch, roleOf } from '../catalog/find.ts';
import { Secret } from '../catalog/secret.ts';
import type { Done } from '../control/carry-out.ts';
import { type CatalogFlags, catalogOptions, change, onCatalog, warn, yesOption } from './catalog-command.ts';
import { CliError } from './error.ts';
import { show, showList, tableOf } from './output.ts';
import { passwordTable, upstreamMend } from './passwords-shown.ts';
import { passwordFromStdin } from './secret-input.ts';
import { ROLES, shownRole } from './shown.ts';

interface Flags extends CatalogFlags {
  readonly branch?: string;
}

interface UpstreamFlags extends Flags {
  readonly passwordStdin?: boolean;
  readonly passthrough?: boolean;
  readonly upstreamRole?: string;
}

/** `portcullis roles`. */
export function rolesCommand(): Command {
  const create = onBranch(new Command('create').description('a role with a generated password'));
  const upstream = ofRole('set-upstream', 'how the gateway logs in upstream for a role')
    .option('--password-stdin', 'by this password, which is sealed; without its last newline')
    .option('--passthrough', 'by the client’s own proof')
    .option('--upstream-role <name>', 'the role’s name there');
  return new Command('roles')
    .alias('role')
    .description('roles of a branch')
    .addCommand(onBranch(new Command('list').description('all roles')).action(list))
    .addCommand(create.requiredOption('--name <name>', 'as clients write it').action(createRole))
    .addCommand(yesOption(ofRole('delete', 'a role; its sessions end')).action(remove))
    .addCommand(
      yesOption(ofRole('reset-password', 'a new password; sessions with the old one end')).action(reset),
    )
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

async function createRole(flags: Flags & { readonly name: string }): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const { name: role, projectId: project, branch } = flags;
    const done = await change(opened, flags, { wish: { type: 'create-role', project, branch, role } });
    showPassword(done, role, flags);
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

async function reset(role: string, flags: Flags): Promise<void> {
  await onCatalog(flags, async (opened) => {
    const { projectId: project, branch } = flags;
    const wish = { type: 'reset-password', project, branch, role } as const;
    const question = `Give role ${role} a new password? The old one ends at once, and its sessions.`;
    showPassword(await change(opened, flags, { wish, question }), role, flags);
  });
}

async function setUpstream(role: string, flags: UpstreamFlags): Promise<void> {
  const { passwordStdin, passthrough, upstreamRole, projectId: project, branch } = flags;
  if ((passwordStdin === true) === (passthrough === true))
    throw new CliError('say how: --password-stdin or --passthrough', 2);
  const password = passwordStdin === true ? new Secret(await passwordFromStdin()) : undefined;
  const wish: SetUpstream = { type: 'set-upstream', project, branch, role, upstreamRole, password };
  await onCatalog(flags, async (opened) => {
    const { after } = await change(opened, flags, { wish });
    showRole(after, role, flags);
  });
}

function showPassword({ after, passwords }: Done, name: string, flags: Flags): void {
  const place = findBranch(after, flags.projectId, flags.branch);
  const role = roleOf(place.branch, name);
  const mend = upstreamMend(after, place, role);
  const sql = mend !== undefined && 'sql' in mend ? mend.sql : undefined;
  const password = passwords.get(name);
  const shown = { ...shownRole(place.branch.id, role), password, upstream_sql: sql };
  const run =
    sql === undefined ? '' : `\nUpstream the role needs the same. Run there, where it exists:\n${sql}\n`;
  show(
    shown,
    flags,
    () => `${tableOf([shownRole(place.branch.id, role)], ROLES)}${passwordTable(passwords)}${run}`,
  );
  if (mend !== undefined && 'warning' in mend) warn(mend.warning);
}

function showRole(state: Done['after'], name: string, flags: Flags, before = ''): void {
  const { branch } = findBranch(state, flags.projectId, flags.branch);
  const shown = shownRole(branch.id, roleOf(branch, name));
  show(shown, flags, () => `${before}${tableOf([shown], ROLES)}`);
}
