import {
  areExtensions,
  attributeValue,
  type Failure,
  failure,
  GS2_BINDING_NOT_OFFERED,
  GS2_END_POINT,
  GS2_NO_BINDING,
  isNonce,
  SCRAM_SHA_256_PLUS,
} from './messages.ts';

/** What a client opens with; the user name is left out, as the startup packet's counts. */
export interface ClientFirst {
  readonly kind: 'client-first';
  readonly gs2Header: string;
  /** client-first-message-bare, which AuthMessage begins with. */
  readonly bare: string;
  /** The client's part of the nonce. */
  readonly nonce: string;
}

/**
 * `malformed`: a protocol violation (08P01). `unsupported`: well-formed, but beyond what PostgreSQL's SCRAM
 * offers (there 0A000). `channel-binding`: somebody may stand in between (28000).
 */
export type ClientFirstFailure = Failure<'malformed' | 'unsupported' | 'channel-binding'>;

/**
 * Reads client-first, `<gs2-header>n=<user>,r=<nonce>[,<extensions>]` (RFC 5802, section 7).
 *
 * @param binding our certificate's; `undefined` where PLUS was not offered.
 */
export function parseClientFirst(
  text: string,
  mechanism: string,
  binding: Buffer | undefined,
): ClientFirst | ClientFirstFailure {
  const [flag, authzid, ...bare] = text.split(',');
  const gs2Header = readBindingFlag(flag, mechanism, binding);
  if (typeof gs2Header !== 'string') return gs2Header;
  if (attributeValue(authzid, 'a') !== undefined) {
    return failure('unsupported', 'client uses authorization identity, but it is not supported');
  }
  if (authzid !== '') return malformed('unexpected attribute in client-first-message');
  const nonce = readBareFirst(bare);
  if (typeof nonce !== 'string') return nonce;
  return { kind: 'client-first', gs2Header, bare: bare.join(','), nonce };
}

/** A protocol violation in PostgreSQL's words. */
export function malformed(what: string): Failure<'malformed'> {
  return failure('malformed', `malformed SCRAM message: ${what}`);
}

/** gs2-cbind-flag: the gs2-header it stands for, if it fits the mechanism and what we offered. */
function readBindingFlag(
  flag: string | undefined,
  mechanism: string,
  binding: Buffer | undefined,
): string | ClientFirstFailure {
  const plus = mechanism === SCRAM_SHA_256_PLUS;
  if (flag === 'n' || flag === 'y') {
    if (plus) return malformed('SCRAM-SHA-256-PLUS was selected without channel binding data');
    if (flag === 'n') return GS2_NO_BINDING;
    // The client can bind and believes that we cannot: somebody took PLUS out of the list that we sent.
    if (binding !== undefined) return failure('channel-binding', 'SCRAM channel binding negotiation error');
    return GS2_BINDING_NOT_OFFERED;
  }
  if (attributeValue(flag, 'p') === undefined) return malformed('unexpected channel-binding flag');
  if (!plus) return malformed('SCRAM-SHA-256 was selected with channel binding data');
  return `${flag},,` === GS2_END_POINT ? GS2_END_POINT : malformed('unsupported SCRAM channel-binding type');
}

/** client-first-message-bare: the client's part of the nonce. */
function readBareFirst([user, nonce, ...extensions]: readonly string[]): string | ClientFirstFailure {
  if (attributeValue(user, 'm') !== undefined) {
    return failure('unsupported', 'client requires an unsupported SCRAM extension');
  }
  if (attributeValue(user, 'n') === undefined) return malformed('user name expected in client-first-message');
  const value = attributeValue(nonce, 'r');
  if (value === undefined) return malformed('nonce expected in client-first-message');
  if (!isNonce(value)) return malformed('empty nonce or non-printable characters in it');
  return areExtensions(extensions) ? value : malformed('unexpected attribute in client-first-message');
}
