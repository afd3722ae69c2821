import { Command } from 'commander';
import { LOCKOUTS_PATH } from '../admin/lockouts.ts';
import { askGateway } from './ask-gateway.ts';
import { type ConfigFlags, configOptions } from './config-options.ts';
import { CliError } from './error.ts';
import { type Listing, type OutputFlags, outputOption, showList } from './output.ts';

interface Flags extends ConfigFlags, OutputFlags {
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

const COLUMNS: Listing<WrittenLockout>['columns'] = {
  DIMENSION: ({ dimension }) => dimension,
  ADDRESS: ({ address }) => address,
  PLACE: ({ place }) => place,
  ROLE: ({ role }) => role,
  FAILURES: ({ failures }) => failures,
  UNTIL: ({ until }) => until,
};

/** `portcullis lockouts`: who may not log in for now, after too many wrong passwords. */
export function lockoutsCommand(): Command {
  const list = new Command('list').description('who is locked out, from what, until when');
  const lift = new Command('lift')
    .description('end lock-outs before their time')
    .option('--address <ip>', 'those of this address and of the network around it')
    .option('--branch <id>', 'those on this branch')
    .option('--role <name>', 'those of this role')
    .option('--all', 'all of them');
  return new Command('lockouts')
    .description('show and lift lock-outs of the running gateway')
    .addCommand(outputOption(configOptions(list)).action(listLockouts))
    .addCommand(outputOption(configOptions(lift)).action(liftLockouts));
}

async function listLockouts(flags: Flags): Promise<void> {
  const request = { method: 'GET', path: LOCKOUTS_PATH, query: {} } as const;
  const lockouts = await askGateway<WrittenLockout>(flags, request, 'lockouts');
  showList(lockouts, flags, { columns: COLUMNS, nothing: 'nobody is locked out' });
}

async function liftLockouts(flags: Flags): Promise<void> {
  const { address, branch, role, all } = flags;
  const chosen = [address, branch, role].some((each) => each !== undefined);
  if (chosen === (all === true)) throw new CliError('say which: --address, --branch, --role, or --all', 2);
  const request = { method: 'DELETE', path: LOCKOUTS_PATH, query: { address, branch, role } } as const;
  const lockouts = await askGateway<WrittenLockout>(flags, request, 'lockouts');
  showList(lockouts, flags, { columns: COLUMNS, nothing: 'there was none to lift' });
}
