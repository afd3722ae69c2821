import type { Command } from 'commander';
import { PasswordRater } from '../app/password-rater.ts';
import type { GivenLogin, SetPassword, Command as Wish } from '../catalog/commands.ts';
import { findBranch, roleOf } from '../catalog/find.ts';
import type { BranchRef } from '../catalog/snapshot.ts';
import type { Done } from '../control/carry-out.ts';
import { ratedPassword } from '../control/rated-password.ts';
import { keepNewPassword } from '../dev/new-password.ts';
import { rolesConcerned } from '../provision/roles.ts';
import { parseVerifier } from '../scram/verifier.ts';
import { type CatalogFlags, change, onCatalog, warn } from './catalog-command.ts';
import { configPath } from './config-options.ts';
import { CliError } from './error.ts';
import { show, tableOf } from './output.ts';
import { passwordTable, upstreamMend } from './passwords-shown.ts';
import { ROLES, shownRole } from './shown.ts';
import { newPasswordFrom, secretFrom } from './typed-password.ts';

export interface PasswordFlags extends CatalogFlags {
  readonly branch?: string;
  readonly passwordStdin?: boolean;
  readonly verifierStdin?: boolean;
  readonly acceptUnrated?: boolean;
}

/** What a role's password may come from; by default it is generated. */
export function passwordOptions(command: Command): Command {
  return command
    .option(
      '--password-stdin',
      'this password, typed unseen or without its last newline; a weak one is refused',
    )
    .option('--verifier-stdin', 'a SCRAM verifier, as in pg_authid.rolpassword, in place of a password')
    .option('--accept-unrated', 'with --verifier-stdin: nobody knows how strong its password is');
}

export async function createRole(flags: PasswordFlags & { readonly name: string }): Promise<void> {
  await setPassword({ type: 'create-role', role: flags.name }, flags);
}

export async function resetPassword(role: string, flags: PasswordFlags): Promise<void> {
  const question = `Give role ${role} a new password? The old one ends at once, and its sessions.`;
  await setPassword({ type: 'reset-password', role }, flags, question);
}

async function setPassword(
  what: Pick<SetPassword, 'type' | 'role'>,
  flags: PasswordFlags,
  question?: string,
): Promise<void> {
  checkFlags(flags);
  const { projectId: project, branch } = flags;
  await onCatalog(flags, async (opened) => {
    const wish: SetPassword = { ...what, project, branch };
    let login: GivenLogin | undefined;
    const asked = async (): Promise<Wish> => {
      const place = findBranch(opened.desk.read(), project, branch);
      login = await givenLogin(flags, what.role, place);
      return { ...wish, login };
    };
    const isGiven = flags.passwordStdin === true || flags.verifierStdin === true;
    const done = await change(opened, flags, { wish, question, complete: isGiven ? asked : undefined });
    showPassword(done, what.role, flags);
    await tellDev(done, wish, flags, login);
  });
}

/** `dev` prints the password of one role at every start. */
async function tellDev(
  { after, passwords }: Done,
  { project, branch, role }: SetPassword,
  flags: PasswordFlags,
  login: GivenLogin | undefined,
): Promise<void> {
  const password = login !== undefined && 'password' in login ? login.password.reveal() : passwords.get(role);
  const path = await configPath(flags);
  if (password === undefined || path === undefined) return;
  await keepNewPassword(path, { branch: findBranch(after, project, branch).branch.id, role, password });
}

/** @throws CliError for flags that contradict each other, before anything is read. */
function checkFlags({ passwordStdin, verifierStdin, acceptUnrated }: PasswordFlags): void {
  if (passwordStdin === true && verifierStdin === true)
    throw new CliError('give --password-stdin or --verifier-stdin, not both', 2);
  if (verifierStdin === true && acceptUnrated !== true) {
    throw new CliError(
      'nobody can tell how strong a verifier’s password is: --accept-unrated takes it all the same and marks the role',
      2,
    );
  }
  if (acceptUnrated === true && verifierStdin !== true)
    throw new CliError('--accept-unrated goes with --verifier-stdin: other passwords are rated', 2);
}

/** The verifier or the password that the flags announce. */
async function givenLogin(
  { verifierStdin }: PasswordFlags,
  role: string,
  place: BranchRef,
): Promise<GivenLogin> {
  if (verifierStdin === true) {
    const verifier = parseVerifier(await secretFrom('verifier'));
    if (verifier !== undefined) return { verifier };
    throw new CliError(
      'that is no verifier as PostgreSQL writes it: SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>',
      2,
    );
  }
  const password = await newPasswordFrom();
  await using rater = new PasswordRater();
  return { password: await ratedPassword(password, role, place, rater) };
}

function showPassword(done: Done, name: string, flags: PasswordFlags): void {
  const { after, passwords } = done;
  const place = findBranch(after, flags.projectId, flags.branch);
  const role = roleOf(place.branch, name);
  // Where the cluster has it already, there is nothing to mend.
  const isThere = rolesConcerned(done.events, done).length > 0;
  const mend = isThere ? undefined : upstreamMend(after, place, role);
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
