import { createHash, type X509Certificate } from 'node:crypto';
import { isIssuedBy, MAX_STEPS } from './client-fault.ts';
import { hasReadableKey } from './client-names.ts';
import { type RevocationList, serialOf, subjectName } from './revocation-list.ts';

/** On what a good client certificate rests. Few and short texts, since a session keeps them for its life. */
export interface Grounds {
  /** The authorities of ours in its chain, its root among them. */
  readonly authorities: readonly string[];
  /** Everything in its chain that a list may revoke, itself first. */
  readonly serials: readonly string[];
}

/**
 * Client authorities and revocation lists, to judge a certificate again that was found good by others. OpenSSL cannot
 * be asked: it checks chains in handshakes only. So this looks for what an operator can take away, and for nothing
 * else: an authority that is gone, a certificate that is on a list. Time is no reason, nor in PostgreSQL: a session
 * outlives its certificate, and the list by which it was let in.
 */
export class Trust {
  readonly #authorities: readonly X509Certificate[];
  readonly #known: ReadonlySet<string>;
  readonly #revoked = new Set<string>();

  /** @throws {CertificateError} where a list cannot be read to its end: what is behind would go unseen */
  constructor(authorities: readonly X509Certificate[], lists: readonly RevocationList[]) {
    // Without a key nobody can have issued anything.
    this.#authorities = authorities.filter(hasReadableKey);
    this.#known = new Set(this.#authorities.map(identityOf));
    // Of every list that is there: of two by one issuer we could not tell which OpenSSL would prefer.
    for (const list of lists) for (const serial of list.revoked()) this.#revoked.add(serial);
  }

  /**
   * What a certificate rests on that OpenSSL has found good by these authorities.
   * @param leaf with the certificates that the client sent along as its `issuerCertificate`
   */
  groundsOf(leaf: X509Certificate): Grounds {
    const chain = [leaf];
    const authorities: string[] = [];
    for (const certificate of chain) {
      if (isIssuedBy(certificate, certificate) || chain.length >= MAX_STEPS) break;
      // Ours come first, as with OpenSSL; they stand for others of the same name and key.
      const ours = this.#authorities.find((authority) => isIssuedBy(certificate, authority));
      if (ours !== undefined) authorities.push(identityOf(ours));
      const next = ours ?? certificate.issuerCertificate;
      if (next !== undefined) chain.push(next);
    }
    return { authorities, serials: chain.map(serialOf) };
  }

  /**
   * Why these authorities, newer than those by which it was found good, would not have it; undefined where they do. An
   * authority between it and the root that was ours must be ours still, even where the client sent it, too.
   */
  fault({ authorities, serials }: Grounds): 'unknown-ca' | 'revoked' | undefined {
    if (authorities.length === 0 || !authorities.every((each) => this.#known.has(each))) return 'unknown-ca';
    return serials.some((serial) => this.#revoked.has(serial)) ? 'revoked' : undefined;
  }
}

/** A name and a key: an authority that renews its own certificate stays the same. */
function identityOf(authority: X509Certificate): string {
  const key = authority.publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(subjectName(authority)).update(key).digest('base64');
}
