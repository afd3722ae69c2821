import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { Command } from 'commander';
import { reasonOf } from '../certificates/error.ts';
import { MAX_SERVER_DAYS } from '../certificates/lifetimes.ts';
import { parseNames } from '../certificates/names.ts';
import { ensureServerCertificate } from '../store/certificate-files.ts';
import { certificatePaths } from '../store/certificate-folder.ts';
import { CliError } from './error.ts';

const DEFAULT_NAMES = ['localhost', '127.0.0.1', '::1'];

interface InitOptions {
  readonly dir: string;
  readonly name?: readonly string[];
  readonly days: string;
  readonly renew?: true;
  readonly force?: true;
}

/** `portcullis certs init`. Its action throws CliError. */
export function certsInitCommand(print: (text: string) => void): Command {
  return new Command('init')
    .description('make a certificate authority and a server certificate')
    .option('--dir <dir>', 'folder to make them in', 'certs')
    .option(
      '--name <host...>',
      `host name, *.name or IP address to cover (default: ${DEFAULT_NAMES.join(', ')})`,
    )
    .option('--days <n>', 'lifetime of the server certificate', String(MAX_SERVER_DAYS))
    .option('--renew', 'a new server certificate from the authority that is there')
    .option('--force', 'replace everything, the authority too: clients need the new ca.crt')
    .action(async (options: InitOptions) => {
      print(report(options.dir, await init(options)));
    });
}

async function init(options: InitOptions): Promise<readonly string[]> {
  const { dir, force, renew } = options;
  const { cert } = certificatePaths(dir);
  const isThere = existsSync(cert);
  if (isThere && !force && !renew) {
    const mend = '--renew makes a new one from the same authority, --force makes everything anew';
    throw new CliError(`${shown(cert)} is already there: ${mend}`, 1);
  }
  const keepNames = options.name === undefined && isThere && !force;
  const names = keepNames ? undefined : checkedNames(options.name ?? DEFAULT_NAMES);
  const days = checkedDays(options.days);
  const remake = force ? 'all' : 'server';
  try {
    const made = await ensureServerCertificate({ dir, names, now: new Date(), days, remake });
    return made.written;
  } catch (error) {
    throw new CliError(reasonOf(error), 1, { cause: error });
  }
}

function checkedNames(names: readonly string[]): readonly string[] {
  try {
    parseNames(names);
    return names;
  } catch (error) {
    throw new CliError(`--name: ${reasonOf(error)}`, 2, { cause: error });
  }
}

function checkedDays(text: string): number {
  const days = /^[0-9]{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= MAX_SERVER_DAYS) return days;
  const range = `a number of days from 1 to ${MAX_SERVER_DAYS}, the most that Apple's systems accept`;
  throw new CliError(`--days: needs ${range}`, 2);
}

/** What was made, and what to do with it. */
function report(dir: string, written: readonly string[]): string {
  const paths = certificatePaths(dir);
  const meanings: readonly (readonly [string, string])[] = [
    [paths.ca, 'the authority: give it to clients'],
    [paths.caKey, 'its key, secret: it signs server certificates'],
    [paths.cert, 'the server certificate'],
    [paths.key, 'its key, secret'],
  ];
  const width = Math.max(...meanings.map(([path]) => shown(path).length));
  const lines = meanings.map(([path, meaning]) => {
    return `${written.includes(path) ? 'made' : 'kept'}  ${shown(path).padEnd(width)}  ${meaning}`;
  });
  return `${[
    ...lines,
    '',
    'Next, in config/portcullis.yaml:',
    `  tls: { certificates: [{ cert: ${shown(paths.cert)}, key: ${shown(paths.key)} }] }`,
    'and for clients:',
    `  sslmode=verify-full sslrootcert=${shown(paths.ca)} channel_binding=require`,
  ].join('\n')}\n`;
}

/** A path as a person would type it. */
function shown(path: string): string {
  const short = relative('', path);
  return short.startsWith('..') ? path : short;
}
