import { basename, dirname, resolve } from 'node:path';

/** A folder of this name holds configuration only: certificates, keys and records lie beside it. */
const CONFIG_FOLDER = 'config';

/**
 * The folder from which the paths written in a configuration start: the one that holds the file, or, where
 * that is called `config`, the one above it. So `config/portcullis.yaml` says `certs/server.crt` for the
 * folder beside `config`, and a folder that `portcullis dev` made can be moved as a whole; where the command
 * was started from never matters.
 * @param configFile absolute.
 */
export function baseFolderOf(configFile: string): string {
  const folder = dirname(configFile);
  return basename(folder) === CONFIG_FOLDER ? dirname(folder) : folder;
}

/** @param base absolute, which keeps the process's working directory out of the answer. */
export function pathFrom(base: string, path: string): string {
  return resolve(base, path);
}
