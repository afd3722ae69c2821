import { Command } from 'commander';
import { connectionString } from '../app/connection-string.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';
import { CliError } from './error.ts';
import { explained } from './explained.ts';

interface Flags extends ConfigFlags {
  readonly projectId?: string;
  readonly branch?: string;
  readonly roleName?: string;
  readonly databaseName?: string;
}

export function connectionStringCommand(): Command {
  return configOptions(
    new Command('connection-string')
      .alias('cs')
      .description('print what a client connects with, without the password')
      .argument('[branch]', 'name or id (default: the default branch)')
      .option('--branch <id|name>', 'the same')
      .option('--project-id <id>', 'needed where there is more than one project')
      .option('--role-name <role>', 'needed where the branch has more than one role')
      .option('--database-name <database>', 'default: the role’s name'),
  ).action(async (named: string | undefined, flags: Flags) => {
    await explained(async () => {
      const branch = named ?? flags.branch;
      if (flags.branch !== undefined && flags.branch !== branch)
        throw new CliError('two branches are named: give one', 2);
      const path = await configPath(flags);
      if (path === undefined) throw new CliError('no configuration here: give --config or --dir', 2);
      process.stdout.write(`${await connectionString(path, process.env, { ...flags, branch })}\n`);
    });
  });
}
