import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { fingerprintPlace, fingerprintText, sha256 } from '../../src/audit/attestation.ts';
import { canonical } from '../../src/audit/canonical.ts';
import { type ChainHead, link, newChain } from '../../src/audit/chain.ts';
import { checkpointHash, keyId, signCheckpoint } from '../../src/audit/checkpoint.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import type { Line } from '../../src/audit/verification.ts';
import { EVENTS, NOON } from './audit-events.ts';

/** A segment as its two files have it, a line each. `undefined`: the file is gone. */
export interface WrittenSegment {
  readonly name: string;
  readonly records: readonly string[] | undefined;
  readonly checkpoints: readonly string[] | undefined;
}

export interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const KEYS: Keys = generateKeyPairSync('ed25519');

export interface TrailPlan {
  /** How many records each segment has; at least one. */
  readonly segments: readonly number[];
  /** A checkpoint after so many records, and at each segment's end. */
  readonly every: number;
  readonly chain?: string;
  readonly keys?: Keys;
  /** In place of the usual ones, by sequence. */
  readonly events?: ReadonlyMap<number, AuditEvent>;
}

const USUAL = Object.values(EVENTS).filter(({ type }) => type !== 'trail-purged');

/** A trail as a gateway writes it, in memory. */
export function writeTrail(plan: TrailPlan): WrittenSegment[] {
  const { chain = '5a0c9d5e-1111-4222-8333-444455556666', keys = KEYS, events = new Map() } = plan;
  let head: ChainHead = newChain(chain, keyId(keys.publicKey));
  let previous: string | null = null;
  return plan.segments.map((size) => {
    const name = String(head.sequence + 1).padStart(16, '0');
    const records: string[] = [];
    const checkpoints: string[] = [];
    for (let n = 1; n <= size; n += 1) {
      const sequence = head.sequence + 1;
      const event = events.get(sequence) ?? usual(sequence);
      const linked = link(event, { time: NOON + sequence, uid: uidOf(sequence) }, head);
      head = linked.head;
      records.push(linked.line);
      if (n % plan.every !== 0 && n !== size) continue;
      const fingerprint = head.last?.fingerprint ?? '';
      const claim = { chain, segment: name, sequence, fingerprint, time: NOON + sequence };
      const line = signCheckpoint({ ...claim, previous, closes: n === size }, keys.privateKey);
      previous = checkpointHash(line);
      checkpoints.push(line);
    }
    return { name, records, checkpoints };
  });
}

/** The same event, linked anew by somebody who has no key: what a careful forger writes. */
export function forged(line: string, change: (text: string) => string): string {
  const record = JSON.parse(change(line));
  const { attestation, ...unmapped } = record.unmapped;
  const { fingerprint: _, ...rest } = attestation;
  const bare = { ...record, unmapped: { ...unmapped, attestation: rest } };
  const text = canonical(bare);
  const place = fingerprintPlace(text, rest.authority_uid, rest.chain_uid) ?? 0;
  return text.slice(0, place) + fingerprintText(sha256(text)) + text.slice(place);
}

function usual(sequence: number): AuditEvent {
  const event = USUAL[sequence % USUAL.length];
  if (event === undefined) throw new Error('there are no events');
  return event;
}

function uidOf(sequence: number): string {
  return `0190a000-0000-7000-8000-${String(sequence).padStart(12, '0')}`;
}

/** Lines as a file's reader yields them. @param torn the last one has no end. */
export async function* linesOf(texts: readonly string[], torn = false): AsyncGenerator<Line> {
  for (const [index, text] of texts.entries()) {
    await Promise.resolve();
    yield { text, whole: !(torn && index === texts.length - 1) };
  }
}
