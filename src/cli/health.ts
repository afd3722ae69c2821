import { Command } from 'commander';
import { askHealth } from '../app/health.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';
import { CliError } from './error.ts';
import { explained } from './explained.ts';

export function healthCommand(): Command {
  return configOptions(
    new Command('health').description(
      'ask the running gateway /livez and /readyz: exit status 0 when it serves',
    ),
  ).action(async (flags: ConfigFlags) => {
    await explained(async () => {
      const problem = await askHealth(await configPath(flags), process.env);
      if (problem !== undefined) throw new CliError(problem, 1);
      process.stdout.write('ok\n');
    });
  });
}
