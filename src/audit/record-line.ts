import { fingerprintPlace, fingerprintText, type LinkedRecord, sha256 } from './attestation.ts';
import { objectIn, valueIn } from './values.ts';

/** A record as it was read from a segment; its fingerprint has been worked out anew and is the one it carries. */
export interface ReadRecord extends LinkedRecord {
  readonly chain: string;
  readonly authority: string;
  readonly sequence: number;
  /** ms since 1970. */
  readonly time: number;
  /** Undefined for the first record of a chain. */
  readonly previous: LinkedRecord | undefined;
  /** The whole event. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** A record's text is far below this; nothing longer is parsed. */
export const MAX_RECORD_LENGTH = 65_536;

/** Reads a line of a segment, without its end. `problem` is one line for people, without the line's text. */
export function readRecord(line: string): ReadRecord | { readonly problem: string } {
  if (line.length > MAX_RECORD_LENGTH) return { problem: 'the line is too long for a record' };
  const event = parse(line);
  if (event === undefined) return { problem: 'the line is not a JSON object' };
  const parts = partsOf(event);
  if (parts === undefined) return { problem: 'the record has no uid, sequence or attestation' };
  const place = fingerprintPlace(line, parts.authority, parts.chain);
  const written = fingerprintText(parts.fingerprint);
  if (place === undefined || !line.startsWith(written, place))
    return { problem: 'the record is not written in its canonical form' };
  const hashed = line.slice(0, place) + line.slice(place + written.length);
  if (sha256(hashed) !== parts.fingerprint) return { problem: 'the record does not fit its fingerprint' };
  return { ...parts, event };
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return objectIn(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function partsOf(event: Readonly<Record<string, unknown>>): Omit<ReadRecord, 'event'> | undefined {
  const { uid, sequence } = objectIn(event['metadata']) ?? {};
  const { authority_uid: authority, chain_uid: chain, fingerprint, prev_event } = attestationIn(event);
  const value = hashIn(fingerprint);
  const previous = linkedIn(prev_event);
  const time = event['time'];
  if (typeof uid !== 'string' || !isCount(sequence) || !isCount(time)) return undefined;
  if (typeof authority !== 'string' || typeof chain !== 'string' || value === undefined) return undefined;
  if (prev_event !== undefined && previous === undefined) return undefined;
  return { uid, sequence, time, authority, chain, fingerprint: value, previous };
}

function attestationIn(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return objectIn(valueIn(event, 'unmapped', 'attestation')) ?? {};
}

function linkedIn(value: unknown): LinkedRecord | undefined {
  const { uid, fingerprint } = objectIn(value) ?? {};
  const hash = hashIn(fingerprint);
  return typeof uid === 'string' && hash !== undefined ? { uid, fingerprint: hash } : undefined;
}

function hashIn(value: unknown): string | undefined {
  const hash = valueIn(value, 'value');
  return typeof hash === 'string' && /^[0-9a-f]{64}$/.test(hash) ? hash : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
