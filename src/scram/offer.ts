import {
  type Failure,
  failure,
  GS2_BINDING_NOT_OFFERED,
  GS2_END_POINT,
  GS2_NO_BINDING,
  SCRAM_SHA_256,
  SCRAM_SHA_256_PLUS,
} from './messages.ts';

/** What a server offers, and what we know and want of the connection to it. */
export interface Offer {
  /** The names in AuthenticationSASL. */
  readonly mechanisms: readonly string[];
  /** `endPointBinding` of the server's certificate; `undefined` without TLS and where it has none (Ed25519). */
  readonly binding: Buffer | undefined;
  readonly tls: boolean;
  /** As libpq's `channel_binding` (PostgreSQL manual, 34.1.2). */
  readonly channelBinding: 'disable' | 'prefer' | 'require';
}

/** The mechanism to name in SASLInitialResponse, and how client-first begins. */
export interface Choice {
  readonly kind: 'choice';
  readonly mechanism: string;
  readonly gs2Header: string;
  /** What client-final binds to; `undefined` unless the mechanism is PLUS. */
  readonly binding: Buffer | undefined;
}

/** `channel-binding`: required, but not to be had. `unsupported`: nothing that we speak. */
export type ChoiceFailure = Failure<'malformed' | 'unsupported' | 'channel-binding'>;

/**
 * Chooses as libpq does (`pg_SASL_init` in src/interfaces/libpq/fe-auth.c), except towards a certificate that has
 * no binding: libpq fails there, we go without it unless it is required.
 */
export function chooseMechanism(offer: Offer): ChoiceFailure | Choice {
  const plusOffered = offer.mechanisms.includes(SCRAM_SHA_256_PLUS);
  if (plusOffered && !offer.tls) {
    return failure('malformed', 'the server offered SCRAM-SHA-256-PLUS over a connection without TLS');
  }
  const binding = offer.tls && offer.channelBinding !== 'disable' ? offer.binding : undefined;
  if (plusOffered && binding !== undefined) {
    return { kind: 'choice', mechanism: SCRAM_SHA_256_PLUS, gs2Header: GS2_END_POINT, binding };
  }
  if (offer.channelBinding === 'require') return failure('channel-binding', missingBinding(offer));
  if (!offer.mechanisms.includes(SCRAM_SHA_256)) {
    return failure('unsupported', 'the server offers no SASL mechanism that the gateway can use');
  }
  // `y` says: we can bind, you did not offer it. A server that did will know that its list was tampered with. It
  // must not be said where we cannot: a PostgreSQL with an Ed25519 certificate offers PLUS all the same.
  const gs2Header = binding === undefined ? GS2_NO_BINDING : GS2_BINDING_NOT_OFFERED;
  return { kind: 'choice', mechanism: SCRAM_SHA_256, gs2Header, binding: undefined };
}

function missingBinding(offer: Offer): string {
  if (!offer.tls) return 'channel binding is required, but the connection does not use TLS';
  if (offer.binding === undefined) return 'channel binding is required, but the server certificate has none';
  return 'channel binding is required, but the server does not offer it';
}
