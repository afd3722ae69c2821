import { randomBytes } from 'node:crypto';
import type { KeyRing } from '../config/key-ring.ts';
import { formatLogin } from '../config/login-text.ts';
import { seal } from '../config/sealed.ts';
import type { CatalogLocation } from '../config/server-config.ts';
import { CatalogNotWritten, UnusableCatalog } from './catalog-errors.ts';
import { newKey, readKeys } from './catalog-keys.ts';
import type { Seal } from './catalog-written.ts';

/** Seals secrets for one edit of the catalog, with a new key where there is none yet. */
export class Sealing {
  readonly #location: CatalogLocation;
  #ring: KeyRing | undefined;
  /** A key file that must be there before what is sealed. */
  made: { readonly path: string; readonly text: string } | undefined;

  constructor(location: CatalogLocation) {
    this.#location = location;
  }

  /** @throws UnusableCatalog where the key file cannot be used, CatalogNotWritten where there is to be none. */
  readonly seal: Seal = (login, owner) => {
    this.#ring ??= this.#keys();
    return seal(this.#ring, { secret: formatLogin(login), owner }, randomBytes);
  };

  #keys(): KeyRing {
    const { keyFile } = this.#location;
    const keys = readKeys(this.#location);
    if ('problem' in keys) throw new UnusableCatalog([keys.problem]);
    if (keys.ring !== undefined) return keys.ring;
    if (keyFile === undefined)
      throw new CatalogNotWritten('no key to seal with: give catalog.key in portcullis.yaml');
    const { ring, line } = newKey();
    this.made = { path: keyFile, text: line };
    return ring;
  }
}
