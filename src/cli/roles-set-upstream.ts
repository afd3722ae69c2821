import type { Command } from 'commander';
import type { OpenedDesk } from '../app/catalog-desk.ts';
import type { SetUpstream, Command as Wish } from '../catalog/commands.ts';
import { findBranch, roleOf } from '../catalog/find.ts';
import type { Branch, UpstreamLogin } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import { upstreamRole as upstreamRoleOf } from '../catalog/upstream-names.ts';
import { dial } from '../net/dial.ts';
import { LoginNotProven, proveLogin } from '../upstream/prove-login.ts';
import { type CatalogFlags, change, onCatalog, warn } from './catalog-command.ts';
import { CliError } from './error.ts';
import { show, tableOf } from './output.ts';
import { ROLES, shownRole } from './shown.ts';
import { passwordFrom } from './typed-password.ts';

interface Flags extends CatalogFlags {
  readonly branch?: string;
  readonly passwordStdin?: boolean;
  readonly passthrough?: boolean;
  readonly upstreamRole?: string;
  readonly upstreamDatabase?: string;
  readonly check: boolean;
}

/** PostgreSQL's own, which is nearly always there. */
const ANY_DATABASE = 'postgres';

export function upstreamOptions(command: Command): Command {
  return command
    .option(
      '--password-stdin',
      'by this password, typed unseen or without its last newline; tried there, and sealed as SCRAM keys',
    )
    .option('--passthrough', 'by the client’s own proof')
    .option('--upstream-role <name>', 'the role’s name there')
    .option('--upstream-database <name>', 'where the password is tried; by default the first that is mapped')
    .option('--no-check', 'do not try the password: it is sealed as it is');
}

export async function setUpstream(role: string, flags: Flags): Promise<void> {
  const { passwordStdin, passthrough, upstreamRole, projectId: project, branch } = flags;
  if ((passwordStdin === true) === (passthrough === true))
    throw new CliError('say how: --password-stdin or --passthrough', 2);
  const wish: SetUpstream = { type: 'set-upstream', project, branch, role, upstreamRole, login: undefined };
  await onCatalog(flags, async (opened) => {
    const complete = async (): Promise<Wish> => ({ ...wish, login: await loginFor(opened, role, flags) });
    const done = await change(opened, flags, { wish, complete: passthrough === true ? undefined : complete });
    const place = findBranch(done.after, project, branch);
    const shown = shownRole(place.branch.id, roleOf(place.branch, role));
    show(shown, flags, () => tableOf([shown], ROLES));
  });
}

async function loginFor({ desk }: OpenedDesk, role: string, flags: Flags): Promise<UpstreamLogin> {
  const password = new Secret(await passwordFrom());
  if (password.reveal() === '') throw new CliError('no password was typed: nothing was changed', 1);
  if (!flags.check) {
    warn('the password was not tried; it is sealed as it is, since SCRAM keys need the upstream’s salt');
    return { password };
  }
  const { branch } = findBranch(desk.read(), flags.projectId, flags.branch);
  const keys = await provenKeys(branch, roleThere(branch, role, flags), { password, flags });
  if (keys !== undefined) return { keys };
  warn('the upstream does not ask for SCRAM: the password itself is kept, sealed');
  return { password };
}

async function provenKeys(
  branch: Branch,
  role: string,
  { password, flags }: { readonly password: Secret; readonly flags: Flags },
): ReturnType<typeof proveLogin> {
  const [mapped = ANY_DATABASE] = branch.upstream.database?.values() ?? [];
  const database = flags.upstreamDatabase ?? mapped;
  try {
    return await proveLogin(dial, branch.upstream, { role, database, password });
  } catch (error) {
    if (!(error instanceof LoginNotProven)) throw error;
    const what = `cannot log in upstream as ${role}, database ${database}`;
    const mend = 'mend that, or give --no-check';
    throw new CliError(`${what}: ${error.message}; nothing was changed: ${mend}`, 1, { cause: error });
  }
}

function roleThere(branch: Branch, name: string, { upstreamRole }: Flags): string {
  return upstreamRole ?? upstreamRoleOf(roleOf(branch, name));
}
