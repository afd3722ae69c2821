import { randomBytes } from 'node:crypto';
import { formatKeyLine, KEY_BYTES, type KeyRing, parseKeyRing, singleKey } from '../config/key-ring.ts';
import { fileProblem, type Problem } from '../config/problem.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { ReadText } from '../config/surroundings.ts';
import { MAX_NAMED_FILE_BYTES, shownPath } from './config-file.ts';
import { NO_SUCH_FILE } from './file-reason.ts';
import { readText } from './read-text.ts';

/** Docker mounts its secrets readable for all, in a container where nobody else is. */
const DOCKER_SECRETS = '/run/secrets/';
const ID_BYTES = 4;

/** The keys for sealed secrets. */
export type CatalogKeys =
  | { readonly ring: KeyRing }
  /** None were made yet: nothing opens, and `why` says so to whoever has something sealed. */
  | { readonly ring: undefined; readonly why: string };

/**
 * The keys as they are now: `keys rotate` writes them, and the catalog, while the gateway runs.
 * @returns the problem of the key file where it is there and cannot be used.
 */
export function readKeys(
  { keys, keyFile }: CatalogLocation,
  read: ReadText = readKeyFile,
): CatalogKeys | { readonly problem: Problem } {
  if (keyFile === undefined) return keys === undefined ? NO_KEYS : { ring: keys };
  const found = read(keyFile);
  const file = shownPath(keyFile);
  const parsed = 'text' in found ? parseKeyRing(found.text) : found;
  if ('ring' in parsed) return parsed;
  if (parsed.problem !== NO_SUCH_FILE) return { problem: fileProblem(file, parsed.problem) };
  return { ring: undefined, why: `no key to open it: ${file} is not there, put it back` };
}

/** A key file is a secret: nobody but its owner may read or write it. */
export function readKeyFile(path: string): ReturnType<ReadText> {
  return readText(path, { maxBytes: MAX_NAMED_FILE_BYTES, secret: !path.startsWith(DOCKER_SECRETS) });
}

/** A new key, and its line in a key file. */
export function newKey(): { readonly ring: KeyRing; readonly line: string } {
  const id = `k-${randomBytes(ID_BYTES).toString('hex')}`;
  const bytes = randomBytes(KEY_BYTES);
  return { ring: singleKey(id, bytes), line: formatKeyLine(id, bytes) };
}

const NO_KEYS = { ring: undefined, why: 'no key to open it: give catalog.key in portcullis.yaml' };
