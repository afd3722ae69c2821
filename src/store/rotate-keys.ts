import { randomBytes } from 'node:crypto';
import { type Document, visit } from 'yaml';
import { type KeyRing, parseKeyRing } from '../config/key-ring.ts';
import { seal, unseal } from '../config/sealed.ts';
import { sealedPlaces } from '../config/sealed-places.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import type { CatalogFileDesk } from './catalog-desk.ts';
import { CatalogNotWritten } from './catalog-errors.ts';
import { newKey, readKeyFile } from './catalog-keys.ts';
import { shownPath } from './config-file.ts';

export interface Rotation {
  /** Of the new key. */
  readonly key: string;
  /** Secrets that are sealed with it now. */
  readonly resealed: number;
  /** Keys that are no longer needed, and gone from the file. */
  readonly dropped: readonly string[];
}

/**
 * A new key for sealed secrets. It goes to the head of the key file first, then everything is sealed with it, and
 * only then the old keys go: whoever is killed in between leaves files that open, and the next rotation ends it.
 * @throws UnusableCatalog where a secret does not open, before anything is changed; CatalogNotWritten.
 */
export async function rotateKeys(desk: CatalogFileDesk, location: CatalogLocation): Promise<Rotation> {
  const { keyFile } = location;
  if (keyFile === undefined)
    throw new CatalogNotWritten('there is no key file: write catalog.key: {file: path} in portcullis.yaml');
  await using _lock = await desk.lock();
  // Every secret opens with the keys that are there, or nothing is begun.
  desk.read();
  const old = keysIn(keyFile);
  const { ring: fresh, line } = newKey();
  await desk.write(keyFile, `${line}${old.text}`);
  const ring = { current: fresh.current, all: new Map([...fresh.all, ...old.ring.all]) };
  let resealed = 0;
  await desk.rewrite((document) => {
    resealed = reseal(document, ring);
  });
  await desk.write(keyFile, line);
  return { key: fresh.current.id, resealed, dropped: [...old.ring.all.keys()] };
}

function keysIn(path: string): { readonly text: string; readonly ring: KeyRing } {
  const read = readKeyFile(path);
  const parsed = 'text' in read ? { ...parseKeyRing(read.text), text: read.text } : read;
  if ('problem' in parsed) throw new CatalogNotWritten(`${shownPath(path)}: ${parsed.problem}`);
  return parsed;
}

/** Every secret that the catalog's reader opens, and no text that only looks like one. @returns how many. */
function reseal(document: Document, ring: KeyRing): number {
  const texts = new Map<unknown, string>();
  for (const { owner, text } of sealedPlaces(document.toJS())) {
    const opened = unseal(ring, text, owner);
    if ('problem' in opened) throw new CatalogNotWritten(opened.problem);
    texts.set(text, seal(ring, { secret: opened.text, owner }, randomBytes));
  }
  visit(document, {
    Scalar: (_, scalar) => {
      scalar.value = texts.get(scalar.value) ?? scalar.value;
    },
  });
  return texts.size;
}
