import type { X509Certificate } from 'node:crypto';
import { alternativeNames } from './names.ts';

/** Whom a client certificate names, letter by letter: hostile text until it is escaped. */
export interface ClientNames {
  /** `undefined` where the subject has no common name, or more than one: then none of them is *the* name. */
  readonly commonName: string | undefined;
  /** Its subjectAltName (RFC 5280 §4.2.1.6), as far as it may name a client. */
  readonly sans: {
    readonly dns: readonly string[];
    readonly email: readonly string[];
    readonly uri: readonly string[];
  };
}

const NOBODY: ClientNames = { commonName: undefined, sans: { dns: [], email: [], uri: [] } };

/** @returns no name at all where the public key cannot be read: then nobody can have proved to be its holder. */
export function clientNames(certificate: X509Certificate): ClientNames {
  if (!hasReadableKey(certificate)) return NOBODY;
  // Not from the text of `subject`, in which one name can be made to look like two.
  const { CN: commonName } = certificate.toLegacyObject().subject;
  return {
    commonName: typeof commonName === 'string' ? commonName : undefined,
    sans: {
      dns: alternativeNames(certificate, 'DNS'),
      email: alternativeNames(certificate, 'email'),
      uri: alternativeNames(certificate, 'URI'),
    },
  };
}

/** Node 24's `toLegacyObject` ends the process (SIGSEGV) on a key that OpenSSL cannot decode, a point off its curve say. */
export function hasReadableKey(certificate: X509Certificate): boolean {
  try {
    return certificate.publicKey.type === 'public';
  } catch {
    return false;
  }
}
