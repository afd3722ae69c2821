import type { LoginAttempt, Place } from './attempt.ts';
import { addressPrefix, networkPrefix } from './prefixes.ts';

/** What a login counts as. Bounded in length whatever the client sent. */
export interface LoginKeys {
  readonly address: string;
  /** `undefined` for IPv4. */
  readonly network: string | undefined;
  readonly branch: string;
  readonly role: string;
  readonly pair: string;
}

/**
 * PostgreSQL's NAMEDATALEN less its NUL. The server cuts longer names there, so that what differs only behind
 * is one role to it, and must not be many to us.
 */
const MAX_NAME_BYTES = 63;

/** No part has one: a startup packet ends its texts with it. */
const SEPARATOR = '\0';

export function keysOf({ address, place, role }: LoginAttempt): LoginKeys {
  const source = addressPrefix(address);
  const branch = placeKey(place);
  const name = bounded(role);
  return {
    address: source,
    network: networkPrefix(address),
    branch,
    role: joined(branch, name),
    pair: joined(source, branch, name),
  };
}

/** The kind is part of it: a client may name an endpoint by a branch's id, past that branch's allowlist. */
export function placeKey({ kind, name }: Place): string {
  return `${kind} ${bounded(name)}`;
}

export function roleName(role: string): string {
  return bounded(role);
}

export function joined(...parts: string[]): string {
  return parts.join(SEPARATOR);
}

export function partsOf(key: string): string[] {
  return key.split(SEPARATOR);
}

function bounded(name: string): string {
  const bytes = Buffer.from(name);
  const kept = bytes.length <= MAX_NAME_BYTES ? name : bytes.subarray(0, MAX_NAME_BYTES).toString();
  return kept.replaceAll(SEPARATOR, '\ufffd');
}
