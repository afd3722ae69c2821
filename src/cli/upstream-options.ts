import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { GivenUpstream } from '../catalog/commands.ts';
import { parseBranchUpstream } from '../config/branch-upstream.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import { readNamedFile } from '../store/config-file.ts';
import { CliError } from './error.ts';

/** `--database NAME:UPSTREAM_NAME`, once for each that is reachable. */
export function databaseOption(command: Command): Command {
  return command.option(
    '--database <name:upstream>',
    'a name for clients and the upstream’s; only those named are reachable (again for more)',
    collectDatabase,
  );
}

function collectDatabase(text: string, before: ReadonlyMap<string, string> | undefined): Map<string, string> {
  const [name = '', upstream = '', ...more] = text.split(':');
  if (name === '' || upstream === '' || more.length > 0)
    throw new InvalidArgumentError('Write NAME:UPSTREAM_NAME.');
  if (before?.has(name) === true) throw new InvalidArgumentError(`${name} is named twice.`);
  return new Map([...(before ?? []), [name, upstream]]);
}

/** @throws CliError, which never quotes the URL. */
export function givenUpstream(
  url: string,
  database: ReadonlyMap<string, string> | undefined,
  { base }: CatalogLocation,
): GivenUpstream {
  const surroundings = { file: '--upstream', base: resolve(base), env: process.env, readFile: readNamedFile };
  const given = parseBranchUpstream(url, surroundings);
  if ('problems' in given) throw new CliError(`--upstream ${given.problems.join('; ')}`, 2);
  return database === undefined ? given : { ...given, target: { ...given.target, database } };
}
