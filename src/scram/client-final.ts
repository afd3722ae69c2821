import { timingSafeEqual } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { hmac, KEY_LENGTH, type ScramKeys, sha256, xor } from './keys.ts';
import { attributeValue, decodeMessage, type Failure, failure } from './messages.ts';

/** server-error-value (RFC 5802, section 7); a value not listed counts as other-error. */
const SERVER_ERRORS: ReadonlySet<string> = new Set([
  'invalid-encoding',
  'extensions-not-supported',
  'invalid-proof',
  'channel-bindings-dont-match',
  'server-does-support-channel-binding',
  'channel-binding-not-supported',
  'unsupported-channel-binding-type',
  'unknown-user',
  'invalid-username-encoding',
  'no-resources',
]);

/** Send the reply (client-final) in SASLResponse; give AuthenticationSASLFinal's data to `final`, once. */
export interface ClientFinal {
  readonly kind: 'continue';
  readonly reply: Buffer;
  readonly final: (serverFinal: Buffer) => ClientVerdict;
}

/** Only `success` makes AuthenticationOk credible; one that comes before is a forgery. */
export type ClientVerdict = { readonly kind: 'success' } | ClientFinalFailure;

/** Why server-final is not believed. `refused`: the server said so. `untrusted`: it does not know the ServerKey. */
export type ClientFinalFailure = Failure<'malformed' | 'refused' | 'untrusted'>;

/**
 * Computes ClientProof, and the ServerSignature to expect (RFC 5802, section 3).
 *
 * @param withoutProof client-final-message-without-proof, with which `authMessage` ends.
 */
export function prove(keys: ScramKeys, withoutProof: string, authMessage: string): ClientFinal {
  const proof = xor(keys.clientKey, hmac(sha256(keys.clientKey), authMessage));
  return {
    kind: 'continue',
    reply: Buffer.from(`${withoutProof},p=${proof.toString('base64')}`),
    final: (serverFinal) => readServerFinal(serverFinal, hmac(keys.serverKey, authMessage)),
  };
}

/** `v=<server signature>` or `e=<server-error-value>`. */
function readServerFinal(message: Buffer, expected: Buffer): ClientVerdict {
  const text = decodeMessage(message);
  const error = attributeValue(text, 'e');
  if (error !== undefined) {
    return failure('refused', `the server answered ${SERVER_ERRORS.has(error) ? error : 'other-error'}`);
  }
  const signature = decodeBase64(attributeValue(text, 'v') ?? '');
  if (signature?.length !== KEY_LENGTH) return failure('malformed', 'server-final-message has no signature');
  return timingSafeEqual(signature, expected)
    ? { kind: 'success' }
    : failure('untrusted', "the server's signature is wrong: it does not know the password");
}
