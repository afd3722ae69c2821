import {
  attestationOf,
  fingerprintPlace,
  fingerprintText,
  type LinkedRecord,
  sha256,
} from './attestation.ts';
import { canonical } from './canonical.ts';
import type { AuditEvent } from './events.ts';
import { toOcsf } from './ocsf.ts';

/** Where a chain ends, so that the next record can be hung on it. */
export interface ChainHead {
  /** The chain's id, a UUID; it stays for as long as the directory does. */
  readonly chain: string;
  /** Who vouches for it: the id of the signing key (`keyId`). */
  readonly authority: string;
  /** The last record's; 0 before the first. */
  readonly sequence: number;
  /** Undefined before the first record. */
  readonly last: LinkedRecord | undefined;
}

/** The head of a chain without records. */
export function newChain(chain: string, authority: string): ChainHead {
  return { chain, authority, sequence: 0, last: undefined };
}

/**
 * Makes of an event the next record of a chain.
 * @param at time in ms since 1970; uid a UUID.
 * @returns the record's canonical JSON (RFC 8785) without an end of line, and the chain's head after it.
 */
export function link(
  event: AuditEvent,
  at: { readonly time: number; readonly uid: string },
  head: ChainHead,
): { readonly line: string; readonly head: ChainHead } {
  const sequence = head.sequence + 1;
  const attestation = attestationOf(head.authority, head.chain, head.last);
  const text = canonical(toOcsf(event, { time: at.time, uid: at.uid, sequence, attestation }));
  const fingerprint = sha256(text);
  const place = fingerprintPlace(text, head.authority, head.chain);
  if (place === undefined) throw new Error('a record was made without its attestation');
  const line = text.slice(0, place) + fingerprintText(fingerprint) + text.slice(place);
  const { chain, authority } = head;
  return { line, head: { chain, authority, sequence, last: { uid: at.uid, fingerprint } } };
}
