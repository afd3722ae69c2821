import { Command, Option } from 'commander';
import { LOCKOUTS_PATH } from '../admin/routes.ts';
import { ask, controlSocketOf } from '../app/control-client.ts';
import { printable } from '../observe/printable.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';
import { CliError } from './error.ts';
import { table } from './table.ts';

interface Flags extends ConfigFlags {
  readonly output: 'table' | 'json';
  readonly address?: string;
  readonly branch?: string;
  readonly role?: string;
  readonly all?: boolean;
}

interface WrittenLockout {
  readonly dimension: string;
  readonly address?: string;
  readonly place?: string;
  readonly role?: string;
  readonly failures: number;
  readonly until: string;
}

/** `portcullis lockouts`: who may not log in for now, after too many wrong passwords. */
export function lockoutsCommand(): Command {
  const command = new Command('lockouts').description('show and lift lock-outs of the running gateway');
  command.addCommand(
    withOptions(new Command('list').description('who is locked out, from what, until when')).action(
      async (flags: Flags) => {
        show(await askLockouts(flags, 'GET'), flags, 'nobody is locked out');
      },
    ),
  );
  command.addCommand(
    withOptions(new Command('lift').description('end lock-outs before their time'))
      .option('--address <ip>', 'those of this address and of the network around it')
      .option('--branch <id>', 'those on this branch')
      .option('--role <name>', 'those of this role')
      .option('--all', 'all of them')
      .action(async (flags: Flags) => {
        const chosen = [flags.address, flags.branch, flags.role].some((each) => each !== undefined);
        if (chosen === (flags.all === true))
          throw new CliError('say which: --address, --branch, --role, or --all', 2);
        show(await askLockouts(flags, 'DELETE'), flags, 'there was none to lift');
      }),
  );
  return command;
}

function withOptions(command: Command): Command {
  const output = new Option('-o, --output <format>', 'format').choices(['table', 'json']).default('table');
  return configOptions(command).addOption(output);
}

async function askLockouts(flags: Flags, method: 'GET' | 'DELETE'): Promise<readonly WrittenLockout[]> {
  const path = await configPath(flags);
  if (path === undefined) throw new CliError('no configuration here: give --config or --dir', 2);
  const query = new URLSearchParams();
  for (const name of ['address', 'branch', 'role'] as const) {
    const value = flags[name];
    if (value !== undefined) query.set(name, value);
  }
  const socketPath = controlSocketOf(path);
  const reply = await ask({ socketPath }, method, `${LOCKOUTS_PATH}?${query.toString()}`).catch(
    (error: unknown) => {
      throw new CliError(`no gateway answers at ${socketPath}: is it running?`, 1, { cause: error });
    },
  );
  const body = JSON.parse(reply.body) as { lockouts?: WrittenLockout[]; message?: string };
  if (body.lockouts === undefined)
    throw new CliError(body.message ?? `the gateway answered ${reply.status}`, 1);
  return body.lockouts;
}

function show(lockouts: readonly WrittenLockout[], { output }: Flags, nothing: string): void {
  if (output === 'json') process.stdout.write(`${JSON.stringify(lockouts, null, 2)}\n`);
  else if (lockouts.length === 0) process.stdout.write(`${nothing}\n`);
  else process.stdout.write(asTable(lockouts));
}

function asTable(lockouts: readonly WrittenLockout[]): string {
  const rows = lockouts.map(({ dimension, address, place, role, failures, until }) => [
    dimension,
    address ?? '',
    place ?? '',
    role ?? '',
    String(failures),
    until,
  ]);
  return table(
    ['DIMENSION', 'ADDRESS', 'PLACE', 'ROLE', 'FAILURES', 'UNTIL'],
    rows.map((row) => row.map(printable)),
  );
}
