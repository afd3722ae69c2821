import { decodeBase64 } from './base64.ts';
import { isIterationCount, isSaltLength } from './keys.ts';
import { attributeValue, type Failure, failure, isNonce } from './messages.ts';

/**
 * Characters. The proof's message repeats the nonce and must stay below PostgreSQL's limit of 1,024 bytes; its
 * own nonce has 48 (an over-long one: pgbouncer CVE-2026-6665).
 */
const MAX_NONCE_LENGTH = 512;

/** server-first as PostgreSQL writes it; libpq too takes no extension after it. */
const SERVER_FIRST = /^r=([^,]+),s=([^,]+),i=([1-9]\d*)$/;

/** What the server chose for this login. */
export interface Challenge {
  readonly kind: 'challenge';
  readonly nonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** `unsupported`: well-formed, but more than we take part in. */
export type ServerFirstFailure = Failure<'malformed' | 'unsupported'>;

/** Reads server-first, `r=<nonce>,s=<salt>,i=<iterations>`; the nonce must extend the client's. */
export function readServerFirst(text: string, clientNonce: string): Challenge | ServerFirstFailure {
  if (attributeValue(text, 'm') !== undefined) {
    return failure('unsupported', 'the server requires an unsupported SCRAM extension');
  }
  const [nonce, encodedSalt, iterations] = SERVER_FIRST.exec(text)?.slice(1) ?? [];
  if (nonce === undefined || encodedSalt === undefined) {
    return failure('malformed', 'server-first-message is not r=, s= and i=');
  }
  const extended = nonce.length > clientNonce.length && nonce.startsWith(clientNonce) && isNonce(nonce);
  if (!extended) return failure('malformed', "the server's nonce does not extend ours");
  if (nonce.length > MAX_NONCE_LENGTH) return failure('malformed', "the server's nonce is too long");
  const salt = decodeBase64(encodedSalt);
  if (salt === undefined || !isSaltLength(salt.length)) {
    return failure('malformed', "the server's salt is not base64 or too long");
  }
  if (!isIterationCount(Number(iterations))) {
    return failure('unsupported', 'the server asks for more SCRAM iterations than the gateway allows');
  }
  return { kind: 'challenge', nonce, salt, iterations: Number(iterations) };
}
