import { createHash } from 'node:crypto';
import { CatalogSnapshot, type ListMaker } from '../catalog/snapshot.ts';
import { MAX_CATALOG_BYTES, type ParsedCatalog, parseCatalog } from '../config/catalog-config.ts';
import { fileProblem, type Problem } from '../config/problem.ts';
import { unseal } from '../config/sealed.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { CatalogSurroundings, Env, ReadText } from '../config/surroundings.ts';
import { readKeyFile, readKeys } from './catalog-keys.ts';
import { readNamedFile, shownPath } from './config-file.ts';
import { readText } from './read-text.ts';

export type CatalogOutcome =
  | { readonly snapshot: CatalogSnapshot; readonly warnings: readonly Problem[] }
  | { readonly problems: readonly Problem[] };

interface Read {
  /** Every file that was read or looked for, absolute, the catalog among them: the outcome depends on them. */
  readonly files: readonly string[];
  /** Two loads that found the same in all their files have the same. */
  readonly digest: string;
}

export interface LoadedCatalog extends Read {
  readonly outcome: CatalogOutcome;
}

export interface ReadCatalog extends Read {
  readonly parsed: ParsedCatalog;
}

/** Reads the catalog, its keys and the files it names. It does not throw: what is wrong is in the outcome. */
export function loadCatalog(location: CatalogLocation, env: Env): LoadedCatalog {
  const { parsed, ...read } = readCatalog(location, env);
  return { ...read, outcome: outcomeOf(parsed) };
}

/** The same, without the index that a gateway decides by. */
export function readCatalog(location: CatalogLocation, env: Env): ReadCatalog {
  const reads = new Reads();
  const text = reads.keep(location.file, readCatalogText(location));
  const parsed = parse(text, location, { env, reads });
  return { parsed, files: reads.files, digest: reads.digest };
}

/** @param makeList default: makes each from its entries, which takes a µs an entry. */
export function outcomeOf(parsed: ParsedCatalog, makeList?: ListMaker): CatalogOutcome {
  if ('problems' in parsed) return parsed;
  return { snapshot: new CatalogSnapshot(parsed.projects, makeList), warnings: parsed.warnings };
}

/** What a text would be as the catalog, with its keys and the files it names as they are now. */
export function checkCatalogText(text: string, location: CatalogLocation, env: Env): CatalogOutcome {
  return outcomeOf(parse({ text }, location, { env, reads: new Reads() }));
}

/** The catalog's text as `loadCatalog` reads it. */
export function readCatalogText(location: CatalogLocation): ReturnType<ReadText> {
  return readText(location.file, { maxBytes: MAX_CATALOG_BYTES, secret: true });
}

function parse(
  catalog: ReturnType<ReadText>,
  location: CatalogLocation,
  { env, reads }: { readonly env: Env; readonly reads: Reads },
): ParsedCatalog {
  const file = shownPath(location.file);
  const keys = readKeys(location, (path) => reads.keep(path, readKeyFile(path)));
  // They keep the catalog from being taken, and its own problems are told all the same.
  const around = [
    ...('problem' in catalog ? [fileProblem(file, catalog.problem)] : []),
    ...('problem' in keys ? [keys.problem] : []),
  ];
  const text = 'text' in catalog ? catalog.text : openText(location);
  if (text === undefined) return { problems: around };
  const surroundings: CatalogSurroundings = {
    file,
    base: location.base,
    clientCa: location.clientCa,
    env,
    readFile: (path) => reads.keep(path, readNamedFile(path)),
    unseal: (sealed, owner) => {
      // Whether it opens is not known, and the keys' own problem is told.
      if ('problem' in keys) return { text: sealed };
      return keys.ring === undefined ? { problem: keys.why } : unseal(keys.ring, sealed, owner);
    },
  };
  const parsed = parseCatalog(text, surroundings);
  if (around.length === 0) return parsed;
  return { problems: [...around, ...('problems' in parsed ? parsed.problems : parsed.warnings)] };
}

/** The text of a catalog that is there and open to others. */
function openText({ file }: CatalogLocation): string | undefined {
  const read = readText(file, { maxBytes: MAX_CATALOG_BYTES });
  return 'text' in read ? read.text : undefined;
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
