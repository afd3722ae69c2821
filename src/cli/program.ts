import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { printableSentence } from '../observe/printable.ts';
import { auditCommand } from './audit.ts';
import { branchesCommand } from './branches.ts';
import { certsCommand } from './certs.ts';
import { checkCommand } from './check.ts';
import { completionCommand } from './completion.ts';
import { connectionStringCommand } from './connection-string.ts';
import { devCommand } from './dev.ts';
import { endpointsCommand } from './endpoints.ts';
import { CliError } from './error.ts';
import { healthCommand } from './health.ts';
import { ipAllowCommand } from './ip-allow.ts';
import { keysCommand } from './keys.ts';
import { lockoutsCommand } from './lockouts.ts';
import { passwordCommand } from './password.ts';
import { projectsCommand } from './projects.ts';
import { rolesCommand } from './roles.ts';
import { sessionsCommand } from './sessions.ts';
import { startCommand } from './start.ts';

/**
 * Runs the portcullis command.
 * @param words what was typed behind the command's name.
 * @returns the exit status: 0 done, 1 failed, 2 wrong usage or configuration.
 */
export async function runCommand(words: readonly string[]): Promise<number> {
  try {
    await program().parseAsync([...words], { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    // Help and version that were asked for are no failures; help in place of a command that is missing is one.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`portcullis: ${lines(error)}\n`);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

function program(): Command {
  const root = new Command('portcullis')
    .description('A security gateway in front of PostgreSQL: TLS, IP allowlists, SCRAM, branches.')
    .version(version(), '-V, --version')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(usageError(text)) })
    .showSuggestionAfterError();
  const commands = [
    devCommand(),
    startCommand(),
    checkCommand(),
    healthCommand(),
    certsCommand(),
    projectsCommand(),
    branchesCommand(),
    endpointsCommand(),
    rolesCommand(),
    ipAllowCommand(),
    keysCommand(),
    connectionStringCommand(),
    sessionsCommand(),
    lockoutsCommand(),
    auditCommand(),
    passwordCommand(),
    completionCommand(() => root),
  ];
  for (const command of commands) root.addCommand(inheriting(command, root));
  return root;
}

/** Commands made elsewhere end and complain as the root does. */
function inheriting(command: Command, root: Command): Command {
  command.copyInheritedSettings(root);
  for (const child of command.commands) inheriting(child, root);
  return command;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { version: string };
  return version;
}

/** One line, also where Commander has a suggestion on a line of its own. */
function usageError(text: string): string {
  const what = text
    .replace(/^error: /, '')
    .trim()
    .replace(/\s*\n\s*/g, ' ');
  return `portcullis: ${what}${what.endsWith('?)') ? '' : ' (portcullis --help shows what there is)'}\n`;
}

/** Never a stack trace; of a configuration's problems each has a line. */
function lines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof CliError) return text.split('\n').map(printableSentence).join('\nportcullis: ');
  return printableSentence(text.replace(/\s*\n\s*/g, ' ')) || 'failed without a reason';
}
