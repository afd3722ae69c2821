import { timingSafeEqual } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { type ClientFirstFailure, malformed, parseClientFirst } from './client-first.ts';
import { hmac, KEY_LENGTH, sha256, xor } from './keys.ts';
import {
  areExtensions,
  attributeValue,
  bindingInput,
  decodeMessage,
  failure,
  isNonce,
  SCRAM_SHA_256,
  SCRAM_SHA_256_PLUS,
} from './messages.ts';
import type { Verifier } from './verifier.ts';

/** A broken rule in either message, with the meanings that client-first gives the codes; no failed login. */
export type ServerFailure = ClientFirstFailure;

/** What a login rests on. Nonce and verifier are the caller's; a mock verifier serves as well as a real one. */
export interface ServerContext {
  /** `endPointBinding` of the certificate that this very connection was given; `undefined`: PLUS is withheld. */
  readonly binding: Buffer | undefined;
  /** Our part of the nonce, fresh for this exchange: `formatNonce`. */
  readonly nonce: string;
  readonly verifier: Verifier;
}

/** client-first was good: send the reply (server-first) and give client-final to `final`, once. */
export interface ServerFirst {
  readonly kind: 'continue';
  readonly reply: Buffer;
  readonly final: (message: Buffer) => ServerVerdict;
}

/**
 * `success`: send the reply (server-final); the ClientKey logs in wherever the same verifier is stored.
 * `wrong-proof`: the one outcome that is a failed login (28P01); nothing is sent but the error.
 */
export type ServerVerdict =
  | { readonly kind: 'success'; readonly reply: Buffer; readonly clientKey: Buffer }
  | { readonly kind: 'wrong-proof' }
  | ServerFailure;

/** What has been agreed on when client-final is awaited. */
interface Exchange {
  /** Whether PLUS was chosen. */
  readonly bound: boolean;
  /** What client-final's `c=` must be. */
  readonly bindingInput: string;
  readonly nonce: string;
  /** The first two parts of AuthMessage (RFC 5802, section 3), with their commas. */
  readonly signedSoFar: string;
}

/** What AuthenticationSASL offers, the strongest first (PostgreSQL manual, 54.3). */
export function mechanisms(binding: Buffer | undefined): readonly string[] {
  return binding === undefined ? [SCRAM_SHA_256] : [SCRAM_SHA_256_PLUS, SCRAM_SHA_256];
}

/**
 * Reads SASLInitialResponse: client-first. Its user name counts for nothing, as in PostgreSQL: the startup
 * packet's does. Never throws on what a client sent.
 *
 * @param message the initial response; `undefined` where the client sent none (a length of -1).
 * @throws TypeError where our own nonce is unfit.
 */
export function readClientFirst(
  mechanism: string,
  message: Buffer | undefined,
  context: ServerContext,
): ServerFirst | ServerFailure {
  if (!isNonce(context.nonce)) throw new TypeError('the nonce must be printable ASCII without a comma');
  if (!mechanisms(context.binding).includes(mechanism)) {
    return failure('malformed', 'client selected an invalid SASL authentication mechanism');
  }
  const text = message && decodeMessage(message);
  if (text === undefined) return malformed('client-first-message is absent, too long or not text');

  const first = parseClientFirst(text, mechanism, context.binding);
  if (first.kind === 'failure') return first;

  const nonce = `${first.nonce}${context.nonce}`;
  const { salt, iterations } = context.verifier;
  const reply = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
  const bound = mechanism === SCRAM_SHA_256_PLUS;
  const exchange = {
    bound,
    bindingInput: bindingInput(first.gs2Header, bound ? context.binding : undefined),
    nonce,
    signedSoFar: `${first.bare},${reply},`,
  };
  return {
    kind: 'continue',
    reply: Buffer.from(reply),
    final: (answer) => readClientFinal(answer, exchange, context.verifier),
  };
}

/** Reads SASLResponse: client-final, `c=<binding>,r=<nonce>[,<extensions>],p=<proof>`. */
function readClientFinal(message: Buffer, exchange: Exchange, verifier: Verifier): ServerVerdict {
  const text = decodeMessage(message);
  if (text === undefined) return malformed('client-final-message is empty, too long or not text');
  const attributes = text.split(',');
  const proof = attributeValue(attributes.pop(), 'p');
  const [binding, nonce, ...extensions] = attributes;

  if (attributeValue(binding, 'c') !== exchange.bindingInput) {
    return exchange.bound
      ? failure('channel-binding', 'SCRAM channel binding check failed')
      : malformed('unexpected SCRAM channel-binding attribute in client-final-message');
  }
  if (attributeValue(nonce, 'r') !== exchange.nonce) return malformed('nonce does not match');
  if (!areExtensions(extensions)) return malformed('unexpected attribute in client-final-message');
  const proofBytes = decodeBase64(proof ?? '');
  if (proofBytes?.length !== KEY_LENGTH) return malformed('malformed proof in client-final-message');
  return verifyProof(proofBytes, `${exchange.signedSoFar}${attributes.join(',')}`, verifier);
}

/** RFC 5802, section 3. The work and the time are the same for a wrong proof and for a mock verifier. */
function verifyProof(proof: Buffer, authMessage: string, verifier: Verifier): ServerVerdict {
  const clientKey = xor(proof, hmac(verifier.storedKey, authMessage));
  if (!timingSafeEqual(sha256(clientKey), verifier.storedKey)) return { kind: 'wrong-proof' };
  const signature = hmac(verifier.serverKey, authMessage).toString('base64');
  return { kind: 'success', reply: Buffer.from(`v=${signature}`), clientKey };
}
