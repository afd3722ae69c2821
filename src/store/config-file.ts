import { relative, resolve } from 'node:path';
import { baseFolderOf } from '../config/base-folder.ts';
import { configFromEnvironment, type ParsedEnvironment } from '../config/environment.ts';
import { fileProblem, type Problem } from '../config/problem.ts';
import { type ParsedServerConfig, parseServerConfig, type ServerConfig } from '../config/server-config.ts';
import type { Env } from '../config/surroundings.ts';
import { openToOthers, readText } from './read-text.ts';

/** Bytes of files that a configuration names: certificates, keys, secrets. */
export const MAX_NAMED_FILE_BYTES = 1_048_576;
const DOCKER_SECRETS = '/run/secrets/';
const MAX_CONFIG_BYTES = 1_048_576;

/**
 * Reads portcullis.yaml and the files it takes values from.
 * @param path as the user gave it; problems name the file so.
 */
export async function loadServerConfig(path: string, env: Env): Promise<ParsedServerConfig> {
  const file = resolve(path);
  const read = readText(file, { maxBytes: MAX_CONFIG_BYTES });
  if ('problem' in read) return { problems: [fileProblem(path, read.problem)] };
  const surroundings = { file: path, base: baseFolderOf(file), env, readFile: readNamedFile };
  const parsed = parseServerConfig(read.text, surroundings);
  if ('problems' in parsed) return parsed;
  return { ...parsed, warnings: [...parsed.warnings, ...openKeyFile(parsed.config)] };
}

/** A warning, since Docker mounts its secrets readable for all, in a container where nobody else is. */
function openKeyFile({ catalog }: ServerConfig): Problem[] {
  const file = catalog?.keyFile;
  if (file === undefined || file.startsWith(DOCKER_SECRETS)) return [];
  const problem = openToOthers(file);
  return problem === undefined ? [] : [fileProblem(shownPath(file), problem, 'warning')];
}

/** The sidecar's configuration; its paths start from the working directory. */
export async function loadEnvironment(env: Env): Promise<ParsedEnvironment> {
  return configFromEnvironment({ base: process.cwd(), env, readFile: readNamedFile });
}

export function readNamedFile(path: string): { readonly text: string } | { readonly problem: string } {
  return readText(path, { maxBytes: MAX_NAMED_FILE_BYTES });
}

/** A path as its user would type it: below the working directory relative to it, else as it is. */
export function shownPath(path: string): string {
  const typed = relative(process.cwd(), path);
  return typed === '' || typed.startsWith('..') ? path : typed;
}
