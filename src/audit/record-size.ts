import { attestationOf, fingerprintText } from './attestation.ts';
import { canonical } from './canonical.ts';
import type { AuditEvent } from './events.ts';
import { toOcsf } from './ocsf.ts';

/** As long as any UUID. */
const UUID = '00000000-0000-4000-8000-000000000000';
const HASH = '0'.repeat(64);
/** As many digits as a time has until the year 2286. */
const TIME = 1_000_000_000_000;

/** What `link` adds to a record: the attestation, its name and a comma, and the end of the line. */
const ADDED =
  canonical({ attestation: attestationOf(HASH, UUID, { uid: UUID, fingerprint: HASH }) }).length +
  fingerprintText(HASH).length;

/**
 * How many bytes an event's line takes at most, its end included, where the chain's id is a UUID and its authority a
 * key's id.
 */
export function recordSize(event: AuditEvent): number {
  const record = toOcsf(event, { time: TIME, uid: UUID, sequence: Number.MAX_SAFE_INTEGER });
  return Buffer.byteLength(canonical(record)) + ADDED;
}
