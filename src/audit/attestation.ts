import { hash } from 'node:crypto';

/** A record that another one names. */
export interface LinkedRecord {
  readonly uid: string;
  /** SHA-256, lower-case hex. */
  readonly fingerprint: string;
}

/** OCSF's `fingerprint` object; algorithm 3 is SHA-256. */
export interface Fingerprint {
  readonly algorithm: 'SHA-256';
  readonly algorithm_id: 3;
  readonly value: string;
}

/**
 * What chains a record to the one before: the attribute of OCSF 1.9's profile `record_integrity`, under `unmapped`
 * as 1.8 lacks it. The fingerprint, which is not hashed itself, is put into the text afterwards.
 */
export interface Attestation {
  readonly authority_uid: string;
  readonly chain_uid: string;
  /** Absent from the first record of a chain. */
  readonly prev_event?: { readonly uid: string; readonly fingerprint: Fingerprint };
}

export function attestationOf(authority: string, chain: string, last: LinkedRecord | undefined): Attestation {
  const named = { authority_uid: authority, chain_uid: chain };
  if (last === undefined) return named;
  return { ...named, prev_event: { fingerprint: fingerprintOf(last.fingerprint), uid: last.uid } };
}

export function fingerprintOf(value: string): Fingerprint {
  return { algorithm: 'SHA-256', algorithm_id: 3, value };
}

/** SHA-256 of a text's UTF-8 bytes, lower-case hex. */
export function sha256(text: string): string {
  return hash('sha256', text);
}

/**
 * Where in a record's canonical text the fingerprint belongs: behind `chain_uid`, as members are sorted. Neither a
 * key nor a value of a record can imitate the beginning: within a JSON string each quotation mark has a backslash
 * before it.
 * @returns undefined where the text has no attestation of this authority and chain.
 */
export function fingerprintPlace(text: string, authority: string, chain: string): number | undefined {
  const start = `"attestation":{"authority_uid":${JSON.stringify(authority)},"chain_uid":${JSON.stringify(chain)}`;
  const at = text.lastIndexOf(start);
  return at < 0 ? undefined : at + start.length;
}

/** The fingerprint as it stands in a record's text, with the comma before it. */
export function fingerprintText(value: string): string {
  return `,"fingerprint":{"algorithm":"SHA-256","algorithm_id":3,"value":"${value}"}`;
}
