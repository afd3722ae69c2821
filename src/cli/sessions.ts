import { Command } from 'commander';
import { SESSIONS_PATH } from '../admin/sessions.ts';
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

interface WrittenSession {
  readonly id: string;
  readonly address: string;
  readonly branch?: string;
  readonly role?: string;
  readonly database?: string;
  readonly application_name?: string;
  readonly age_ms: number;
}

const COLUMNS: Listing<WrittenSession>['columns'] = {
  ID: ({ id }) => id,
  ADDRESS: ({ address }) => address,
  BRANCH: ({ branch }) => branch,
  ROLE: ({ role }) => role,
  DATABASE: ({ database }) => database,
  APPLICATION: ({ application_name }) => application_name,
  AGE: ({ age_ms }) => `${Math.round(age_ms / 1000)}s`,
};

/** `portcullis sessions`: who is connected, and an end to it. */
export function sessionsCommand(): Command {
  const list = filters(new Command('list').description('live sessions of the running gateway'));
  const kill = filters(new Command('kill').description('cut a session, or all of a branch, role or address'))
    .argument('[id]', 'as sessions list shows it')
    .option('--all', 'every session');
  return new Command('sessions')
    .description('show and cut live sessions of the running gateway')
    .addCommand(outputOption(configOptions(list)).action(listSessions))
    .addCommand(outputOption(configOptions(kill)).action(killSessions));
}

function filters(command: Command): Command {
  return command
    .option('--branch <id>', 'those on this branch')
    .option('--role <name>', 'those of this role')
    .option('--address <ip>', 'those from this address');
}

async function listSessions(flags: Flags): Promise<void> {
  const { branch, role, address } = flags;
  const request = { method: 'GET', path: SESSIONS_PATH, query: { branch, role, address } } as const;
  const sessions = await askGateway<WrittenSession>(flags, request, 'sessions');
  showList(sessions, flags, { columns: COLUMNS, nothing: 'no session is open' });
}

async function killSessions(id: string | undefined, flags: Flags): Promise<void> {
  const { branch, role, address, all } = flags;
  const chosen = [id, branch, role, address].some((each) => each !== undefined);
  if (chosen === (all === true))
    throw new CliError('say which: an id, --branch, --role, --address, or --all', 2);
  const query = { id, branch, role, address, all: all === true ? 'true' : undefined };
  const sessions = await askGateway<WrittenSession>(
    flags,
    { method: 'DELETE', path: SESSIONS_PATH, query },
    'sessions',
  );
  showList(sessions, flags, { columns: COLUMNS, nothing: 'there was none to cut' });
  if (sessions.length === 0 && id !== undefined) throw new CliError(`there is no session ${id}`, 1);
}
