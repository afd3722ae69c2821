import { type ClientFinal, prove } from './client-final.ts';
import type { Credentials } from './credentials.ts';
import { bindingInput, decodeMessage, type Failure, failure, isNonce } from './messages.ts';
import { type ChoiceFailure, chooseMechanism, type Offer } from './offer.ts';
import { readServerFirst, type ServerFirstFailure } from './server-first.ts';

/** Send SASLInitialResponse with these; give AuthenticationSASLContinue's data to `first`, once. */
export interface ClientStart {
  readonly kind: 'start';
  readonly mechanism: string;
  readonly initial: Buffer;
  readonly first: (serverFirst: Buffer) => Promise<ClientFinal | AnswerFailure>;
}

/** Why server-first is not answered. `no-keys`: the credentials belong to another verifier than the one there. */
export type AnswerFailure = ServerFirstFailure | Failure<'no-keys'>;

const ANOTHER_VERIFIER = 'the server stores another verifier than the one these keys belong to';

/** What has been said and decided before server-first arrives. */
interface Exchange {
  readonly clientNonce: string;
  /** client-first-message-bare. */
  readonly bare: string;
  /** The base64 in client-final's `c=`. */
  readonly bound: string;
}

/**
 * Begins a login at a server. The user name stays empty: PostgreSQL takes it from the startup packet (manual,
 * 54.3). Never throws on what a server sent.
 *
 * @param offer its nonce must be fresh for this exchange: `formatNonce`.
 * @throws TypeError where the nonce is unfit.
 */
export function startClient(
  offer: Offer & { readonly nonce: string },
  credentials: Credentials,
): ClientStart | ChoiceFailure {
  if (!isNonce(offer.nonce)) throw new TypeError('the nonce must be printable ASCII without a comma');
  const choice = chooseMechanism(offer);
  if (choice.kind === 'failure') return choice;
  const bare = `n=,r=${offer.nonce}`;
  const bound = bindingInput(choice.gs2Header, choice.binding);
  const exchange = { clientNonce: offer.nonce, bare, bound };
  return {
    kind: 'start',
    mechanism: choice.mechanism,
    initial: Buffer.from(`${choice.gs2Header}${bare}`),
    first: (serverFirst) => answer(serverFirst, exchange, credentials),
  };
}

/** Answers server-first with client-final: `c=<binding>,r=<nonce>,p=<proof>`. */
async function answer(
  serverFirst: Buffer,
  { clientNonce, bare, bound }: Exchange,
  credentials: Credentials,
): Promise<ClientFinal | AnswerFailure> {
  const text = decodeMessage(serverFirst);
  if (text === undefined) return failure('malformed', 'server-first-message is empty, too long or not text');
  const read = readServerFirst(text, clientNonce);
  if (read.kind === 'failure') return read;
  const keys = await credentials.keysFor(read.salt, read.iterations);
  if (keys === undefined) {
    return failure('no-keys', credentials.unfit ?? ANOTHER_VERIFIER);
  }
  const withoutProof = `c=${bound},r=${read.nonce}`;
  return prove(keys, withoutProof, `${bare},${text},${withoutProof}`);
}
