import { Command } from 'commander';
import { checkConfiguration } from '../app/check.ts';
import { formatProblem } from '../config/problem.ts';
import { type ConfigFlags, configOptions, configPath } from './config-options.ts';

export function checkCommand(): Command {
  return configOptions(
    new Command('check').description(
      'check everything start would read, without listening: every problem at once',
    ),
  ).action(async (flags: ConfigFlags) => {
    const problems = await checkConfiguration(await configPath(flags), process.env);
    for (const problem of problems) process.stderr.write(`${formatProblem(problem)}\n`);
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    if (errors > 0) process.exitCode = 2;
    else process.stdout.write(verdict(problems.length));
  });
}

function verdict(warnings: number): string {
  if (warnings === 0) return 'ok\n';
  return `ok, with ${warnings === 1 ? '1 warning' : `${warnings} warnings`}\n`;
}
