import { randomBytes, randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { type OpenedDesk, openCatalogDesk } from '../app/catalog-desk.ts';
import type { Command as Wish } from '../catalog/commands.ts';
import { openedBy } from '../catalog/openness.ts';
import { carryOut, type Done, rehearse } from '../control/carry-out.ts';
import { printableSentence } from '../observe/printable.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';
import { type ConfirmFlags, confirm } from './confirm.ts';
import { CliError } from './error.ts';
import { explained } from './explained.ts';
import { type OutputFlags, outputOption } from './output.ts';
import { liveSessions, shutOut } from './shut-out.ts';
import { withProvisioner } from './upstream-work.ts';

/** What every command on the catalog takes. */
export interface CatalogFlags extends ConfigFlags, OutputFlags, ConfirmFlags {
  readonly projectId?: string;
  /** Of commands that copy a database. */
  readonly drain?: boolean;
}

const CHANCE = { now: () => new Date(), randomBytes, randomInt: (bound: number) => randomInt(bound) };

export function catalogOptions(command: Command): Command {
  return outputOption(
    configOptions(command.option('--project-id <id>', 'needed where there is more than one project')),
  );
}

export function drainOption(command: Command): Command {
  return command.option(
    '--drain',
    'end sessions that stand in the way of a copy of the parent: idle ones at once, others after 3 s',
  );
}

export function yesOption(command: Command): Command {
  return command.option('-y, --yes', 'do not ask');
}

/** Runs work on the catalog that the flags lead to, and makes its errors lines for people. */
export async function onCatalog(
  flags: ConfigFlags,
  work: (opened: OpenedDesk) => Promise<void> | void,
): Promise<void> {
  await explained(async () => {
    const path = await configPath(flags);
    if (path === undefined) throw new CliError('no configuration here: give --config or --dir', 2);
    await work(await openCatalogDesk(path, process.env, { keyMade }));
  });
}

function keyMade(path: string): void {
  process.stderr.write(
    `portcullis: made ${printableSentence(path)}, the key for sealed secrets: keep a copy of it\n`,
  );
}

export interface Change {
  readonly wish: Wish;
  /** Asked first where something would be lost. */
  readonly question?: string | undefined;
  /** The wish with what a person is asked for once no rule stands against it: a password. */
  readonly complete?: (() => Promise<Wish>) | undefined;
}

/** Changes the catalog, and warns of what follows from it. What is refused by a rule is refused unasked. */
export async function change(
  { desk, location }: OpenedDesk,
  flags: CatalogFlags,
  { wish, question, complete }: Change,
): Promise<Done> {
  if (question !== undefined || complete !== undefined) await rehearse(desk, wish, CHANCE);
  if (question !== undefined) await confirm(question, flags);
  const whole = (await complete?.()) ?? wish;
  desk.read();
  const known = new Set(desk.warnings.map(({ message }) => message));
  const live = await liveSessions(flags);
  const options = { drain: flags.drain === true, warn };
  const done = await withProvisioner(location, options, (provisioner) =>
    carryOut(desk, whole, CHANCE, provisioner),
  );
  if (done.events.length === 0) return done;
  for (const { message } of desk.warnings) if (!known.has(message)) warn(message);
  for (const { project, branch } of openedBy(done.before, done.after))
    warn(`branch ${branch.name} of project ${project.id} is open to the world now: ip-allow add closes it`);
  if ('problem' in live)
    warn(`live sessions could not be looked up: ${live.problem}; who is cut is not told`);
  else for (const line of shutOut(live.sessions, done.after)) warn(line);
  return done;
}

export function warn(message: string): void {
  process.stderr.write(`portcullis: warning: ${printableSentence(message)}\n`);
}
