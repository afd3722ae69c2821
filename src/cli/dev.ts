import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Command } from 'commander';
import { stopSignal } from '../app/signals.ts';
import { type DevConnection, devEnvironment } from '../dev/connection.ts';
import { DevError } from '../dev/error.ts';
import { type Dev, openDev } from '../dev/open.ts';
import { createLogger } from '../observe/logger.ts';
import { terminalLog } from '../observe/terminal-log.ts';
import { collectAllowed } from './allow.ts';
import { CliError } from './error.ts';
import { explained } from './explained.ts';
import { parsePort } from './port.ts';

interface Flags {
  readonly upstream?: string;
  readonly port?: number;
  readonly listen?: string;
  readonly dir: string;
  readonly allow?: string[];
  readonly json?: boolean;
  readonly run?: string;
}

export function devCommand(): Command {
  return new Command('dev')
    .description('run a local gateway, with a PostgreSQL 18 of its own or in front of yours')
    .option(
      '--upstream <url>',
      'stand in front of this postgres:// URL; its password may come from PGPASSWORD',
    )
    .option('--port <port>', 'TCP port, 0 for any free one (default: 6432)', parsePort)
    .option('--listen <address>', 'listen here only (default: 127.0.0.1 and ::1)')
    .option('--dir <folder>', 'where everything is kept, and found again', '.portcullis')
    .option('--allow <ip...>', "write the project's allowlist: addresses, ranges a-b, CIDRs", collectAllowed)
    .option('--json', 'print one line of JSON when ready, everything else on stderr')
    .option('--run <command>', 'run a command with DATABASE_URL and PG… set, then stop with its exit status')
    .action(runDev);
}

async function runDev(flags: Flags): Promise<void> {
  const log = createLogger(
    'info',
    process.stderr.isTTY ? terminalLog((text) => process.stderr.write(text)) : 2,
  );
  const interrupted = new AbortController();
  const stopped = stopSignal().then((signal) => {
    interrupted.abort(new DevError(`stopped by ${signal}`));
    return signal;
  });
  const note = (line: string): void => void process.stderr.write(`portcullis: ${line}\n`);
  const options = {
    dir: flags.dir,
    upstream: flags.upstream,
    port: flags.port,
    listen: flags.listen,
    allow: flags.allow,
  };
  await explained(async () => {
    await using dev = await openDev(options, { note, log, signal: interrupted.signal });
    process.exitCode = await serve(dev, flags, stopped);
  });
}

async function serve(dev: Dev, flags: Flags, stopped: Promise<NodeJS.Signals>): Promise<number> {
  if (flags.run !== undefined) return await runInside(flags.run, dev.connection, stopped);
  if (flags.json === true) process.stdout.write(`${JSON.stringify(dev.connection)}\n`);
  else process.stdout.write(welcome(dev.connection, flags.dir));
  const lost = dev.databaseLost.then(() => {
    throw new CliError('the database ended by itself: start again, its data is kept', 1);
  });
  await Promise.race([stopped, lost]);
  return 0;
}

function welcome(connection: DevConnection, dir: string): string {
  return `
  Portcullis is open on ${connection.host}:${connection.port}. Connect with:

  psql "${connection.url}"

  Everything it made is in ${dir}/. Ctrl-C stops it.

`;
}

/**
 * The command shares our terminal and its Ctrl-C; any other signal is for us alone and passed on. We wait for it,
 * whatever comes.
 */
async function runInside(
  command: string,
  connection: DevConnection,
  stopped: Promise<NodeJS.Signals>,
): Promise<number> {
  const child = spawn('sh', ['-c', command], {
    stdio: 'inherit',
    env: { ...process.env, ...devEnvironment(connection) },
  });
  void stopped.then((signal) => signal === 'SIGINT' || child.kill(signal));
  return await new Promise<number>((resolve, reject) => {
    child.once('error', (error) => reject(new CliError(`cannot run the command: ${error.message}`, 1)));
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + (constants.signals[signal ?? 'SIGKILL'] ?? 0)),
    );
  });
}
