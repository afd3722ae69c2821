import type { UpstreamLogin } from '../catalog/model.ts';
import { Secret } from '../catalog/secret.ts';
import type { WrittenSecret } from './catalog-fields.ts';
import { parseLogin } from './login-text.ts';
import type { Problem } from './problem.ts';
import { sealedPlaces } from './sealed-places.ts';
import type { SecretOwner } from './secret-owner.ts';
import type { CatalogSurroundings } from './surroundings.ts';
import type { YamlDocument } from './yaml-document.ts';

/** The sealed secrets of a catalog. */
export class CatalogSecrets {
  /** Of those that do not open. */
  readonly problems: readonly Problem[];
  readonly #texts = new Map<SecretOwner, string>();

  /** Opens all of them; that other parts of the file are broken does not matter. */
  constructor(document: YamlDocument, unseal: CatalogSurroundings['unseal']) {
    this.problems = sealedPlaces(document.value).flatMap(({ path, owner, text }) => {
      const opened = unseal(text, owner);
      if ('problem' in opened) return [document.at(path, opened.problem)];
      this.#texts.set(owner, opened.text);
      return [];
    });
  }

  /** @throws TypeError, a defect of the caller, for one that did not open. */
  secret(written: WrittenSecret, owner: SecretOwner): Secret {
    return written === 'sealed' ? new Secret(this.#text(owner)) : written;
  }

  /** As `secret`; what was sealed may be keys. */
  login(written: WrittenSecret, owner: SecretOwner): UpstreamLogin {
    return written === 'sealed' ? parseLogin(this.#text(owner)) : { password: written };
  }

  #text(owner: SecretOwner): string {
    const text = this.#texts.get(owner);
    if (text === undefined) throw new TypeError('a sealed secret that was not opened');
    return text;
  }
}
