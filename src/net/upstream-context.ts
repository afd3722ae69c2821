import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

/** Contexts that are kept: one for each text of authorities, some 50 kB each. */
const MAX_KEPT = 256;

const kept = new Map<string, SecureContext>();

/**
 * What upstreams' certificates are verified by. Made once and not for each connection: reading one certificate takes
 * 0.16 ms, reading all that the runtime believes 4 ms.
 *
 * @param ca authorities to believe, in PEM; `runtime`: the runtime's own; `nobody`: for where nothing is verified.
 */
export function upstreamContext(ca: { readonly pem: string } | 'runtime' | 'nobody'): SecureContext {
  // No text of a file's is ever taken for one of the two words.
  const key = typeof ca === 'string' ? ca : `PEM ${ca.pem}`;
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = createSecureContext({ minVersion: 'TLSv1.2', ca: authorities(ca) });
  for (const [oldest] of kept) if (kept.size >= MAX_KEPT) kept.delete(oldest);
  kept.set(key, made);
  return made;
}

function authorities(ca: { readonly pem: string } | 'runtime' | 'nobody'): string | string[] {
  if (ca === 'nobody') return [];
  return ca === 'runtime' ? [...rootCertificates] : ca.pem;
}
