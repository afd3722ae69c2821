import { relative, resolve } from 'node:path';
import { baseFolderOf } from '../config/base-folder.ts';
import { configFromEnvironment, givenCertificate, type ParsedEnvironment } from '../config/environment.ts';
import { fileProblem } from '../config/problem.ts';
import { type ParsedServerConfig, parseServerConfig } from '../config/server-config.ts';
import { outlineOf, outlineServer, type ServerOutline } from '../config/server-outline.ts';
import type { Env } from '../config/surroundings.ts';
import { readText } from './read-text.ts';

/** Bytes of files that a configuration names: certificates, keys, secrets. */
export const MAX_NAMED_FILE_BYTES = 1_048_576;
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
  return parseServerConfig(read.text, surroundings);
}

/** What can be made out of a portcullis.yaml that has problems. */
export function outlineServerConfig(path: string, env: Env): ServerOutline {
  const file = resolve(path);
  const read = readText(file, { maxBytes: MAX_CONFIG_BYTES });
  if ('problem' in read) return outlineOf([]);
  return outlineServer(read.text, { file: path, base: baseFolderOf(file), env, readFile: readNamedFile });
}

/** What can be made out of variables that have problems. */
export function outlineEnvironment(env: Env): ServerOutline {
  const given = givenCertificate({ base: process.cwd(), env, readFile: readNamedFile });
  return outlineOf(given === undefined ? [] : [given]);
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
