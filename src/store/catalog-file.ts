import { createHash } from 'node:crypto';
import { CatalogSnapshot } from '../catalog/snapshot.ts';
import { MAX_CATALOG_BYTES, parseCatalog } from '../config/catalog-config.ts';
import { type KeyRing, parseKeyRing } from '../config/key-ring.ts';
import { fileProblem, type Problem } from '../config/problem.ts';
import { unseal } from '../config/sealed.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { CatalogSurroundings, Env, ReadText } from '../config/surroundings.ts';
import { readNamedFile, shownPath } from './config-file.ts';
import { readText } from './read-text.ts';

export type CatalogOutcome =
  | { readonly snapshot: CatalogSnapshot; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

export interface LoadedCatalog {
  readonly outcome: CatalogOutcome;
  /** Every file that was read or looked for, absolute, the catalog among them: the outcome depends on them. */
  readonly files: readonly string[];
  /** Two loads that found the same in all their files have the same. */
  readonly digest: string;
}

/** Reads the catalog, its keys and the files it names. It does not throw: what is wrong is in the outcome. */
export function loadCatalog(location: CatalogLocation, env: Env): LoadedCatalog {
  const reads = new Reads();
  const outcome = load(location, env, reads);
  return { outcome, files: reads.files, digest: reads.digest };
}

/** What a text would be as the catalog, with its keys and the files it names as they are now. */
export function checkCatalogText(text: string, location: CatalogLocation, env: Env): CatalogOutcome {
  return outcomeOf({ text }, location, { env, reads: new Reads() });
}

/** The catalog's text as `loadCatalog` reads it. */
export function readCatalogText(location: CatalogLocation): ReturnType<ReadText> {
  return readText(location.file, { maxBytes: MAX_CATALOG_BYTES, secret: true });
}

function load(location: CatalogLocation, env: Env, reads: Reads): CatalogOutcome {
  return outcomeOf(reads.keep(location.file, readCatalogText(location)), location, { env, reads });
}

function outcomeOf(
  catalog: ReturnType<ReadText>,
  location: CatalogLocation,
  { env, reads }: { readonly env: Env; readonly reads: Reads },
): CatalogOutcome {
  const file = shownPath(location.file);
  const keys = currentKeys(location, reads);
  const missing = 'problem' in catalog ? [fileProblem(file, catalog.problem)] : [];
  if ('problem' in keys) return { problems: [...missing, keys.problem] };
  if ('problem' in catalog) return { problems: missing };
  const surroundings: CatalogSurroundings = {
    file,
    base: location.base,
    clientCa: location.clientCa,
    env,
    readFile: (path) => reads.keep(path, readNamedFile(path)),
    unseal: (sealed) => (keys.ring === undefined ? NO_KEYS : unseal(keys.ring, sealed)),
  };
  const parsed = parseCatalog(catalog.text, surroundings);
  if ('problems' in parsed) return parsed;
  return { snapshot: new CatalogSnapshot(parsed.projects), warnings: parsed.warnings };
}

const NO_KEYS = { problem: 'no key to open it: give catalog.key in portcullis.yaml' };

/** The keys for sealed secrets as they are now; `ring: undefined` where none are configured. */
export function readKeys(
  location: CatalogLocation,
): { readonly ring: KeyRing | undefined } | { readonly problem: Problem } {
  return currentKeys(location, new Reads());
}

/** From the key file as it is now: `keys rotate` writes it, and the catalog, while the gateway runs. */
function currentKeys(
  { keys, keyFile }: CatalogLocation,
  reads: Reads,
): { readonly ring: KeyRing | undefined } | { readonly problem: Problem } {
  if (keyFile === undefined) return { ring: keys };
  const read = reads.keep(keyFile, readNamedFile(keyFile));
  const parsed = 'text' in read ? parseKeyRing(read.text) : read;
  return 'ring' in parsed ? parsed : { problem: fileProblem(shownPath(keyFile), parsed.problem) };
}

/** Which files were read, and a digest of what they held: the texts themselves are secrets. */
class Reads {
  readonly #digests = new Map<string, string>();

  keep(path: string, result: ReturnType<ReadText>): ReturnType<ReadText> {
    const held = 'text' in result ? `text ${result.text}` : `problem ${result.problem}`;
    this.#digests.set(path, createHash('sha256').update(held).digest('hex'));
    return result;
  }

  get files(): readonly string[] {
    return [...this.#digests.keys()];
  }

  get digest(): string {
    return JSON.stringify([...this.#digests]);
  }
}
