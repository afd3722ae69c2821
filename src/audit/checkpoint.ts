import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { canonical } from './canonical.ts';

/** A signed statement that the chain had this record at this place. */
export interface Checkpoint {
  readonly chain: string;
  /** The name of the segment that the record is in. */
  readonly segment: string;
  readonly sequence: number;
  /** Of that record: SHA-256, lower-case hex. */
  readonly fingerprint: string;
  /** ms since 1970. */
  readonly time: number;
  /** SHA-256 of the checkpoint's line before this one, lower-case hex; null for the first of a trail. */
  readonly previous: string | null;
  /** Whether the segment ends with this record. */
  readonly closes: boolean;
  /** The signing key: SHA-256 of its SubjectPublicKeyInfo (RFC 5280, 4.1), lower-case hex. */
  readonly key: string;
}

/** What its maker says; the key's id is worked out from the key. */
export type CheckpointClaim = Omit<Checkpoint, 'key'>;

/** Signed before the checkpoint's own text, so that no signature made for another purpose is ever one of these. */
const DOMAIN = 'portcullis-audit-checkpoint-v1\n';
/** Nothing that we write comes near; a longer line is not worth parsing. */
const MAX_LINE = 2048;
const HASH = /^[0-9a-f]{64}$/;
/** A chain's id, a segment's name: nothing in them needs escaping. */
const NAME = /^[\w.-]{1,128}$/;
/** RFC 8032, 5.1.6: 64 bytes, in base64 with its padding. */
const SIGNATURE = /^[A-Za-z0-9+/]{86}==$/;

/**
 * @param privateKey Ed25519.
 * @returns canonical JSON (RFC 8785) on one line, without its end, `signature` among its members.
 */
export function signCheckpoint(claim: CheckpointClaim, privateKey: KeyObject): string {
  const checkpoint: Checkpoint = { ...shaped(claim), key: keyId(privateKey) };
  const signature = sign(null, signedBytes(checkpoint), privateKey).toString('base64');
  return canonical({ ...checkpoint, signature });
}

/**
 * Reads a line that should be a checkpoint. A line that says the same in other words (another order of members,
 * white space) is none: the next one names it by the hash of its very bytes.
 */
export function readCheckpoint(
  line: string,
  publicKey: KeyObject,
): Checkpoint | { readonly problem: string } {
  const read = parse(line);
  if ('problem' in read) return read;
  const { checkpoint, signature } = read;
  if (checkpoint.key !== keyId(publicKey)) return { problem: 'the checkpoint is signed by another key' };
  if (!verify(null, signedBytes(checkpoint), publicKey, Buffer.from(signature, 'base64')))
    return { problem: "the checkpoint's signature does not fit" };
  return checkpoint;
}

/** What the next checkpoint names this one by. */
export function checkpointHash(line: string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** Working one out takes longer than signing with it. */
const keyIds = new WeakMap<KeyObject, string>();

/** SHA-256 of a key's SubjectPublicKeyInfo. A private key gives its public half's. */
export function keyId(key: KeyObject): string {
  const known = keyIds.get(key);
  if (known !== undefined) return known;
  const half = key.type === 'private' ? createPublicKey(key) : key;
  const id = createHash('sha256')
    .update(half.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  keyIds.set(key, id);
  return id;
}

/** Exactly these members: what else a claim may carry is not signed into it. */
function shaped(claim: CheckpointClaim): CheckpointClaim {
  const { chain, segment, sequence, fingerprint, time, previous, closes } = claim;
  return { chain, segment, sequence, fingerprint, time, previous, closes };
}

function signedBytes(checkpoint: Checkpoint): Buffer {
  return Buffer.from(DOMAIN + canonical(checkpoint));
}

function parse(line: string): { checkpoint: Checkpoint; signature: string } | { readonly problem: string } {
  if (line.length > MAX_LINE) return { problem: 'the line is too long for a checkpoint' };
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: 'the line is not JSON' };
  }
  if (!isSigned(value)) return { problem: 'the line is not a checkpoint' };
  const { signature, key } = value;
  const checkpoint: Checkpoint = { ...shaped(value), key };
  if (canonical({ ...checkpoint, signature }) !== line)
    return { problem: 'the checkpoint is not written as it was signed' };
  return { checkpoint, signature };
}

function isSigned(value: unknown): value is Checkpoint & { readonly signature: string } {
  if (typeof value !== 'object' || value === null) return false;
  const { chain, segment, sequence, fingerprint, time, previous, closes, key, signature } = value as Record<
    string,
    unknown
  >;
  return (
    [chain, segment].every((name) => typeof name === 'string' && NAME.test(name)) &&
    typeof closes === 'boolean' &&
    [sequence, time].every((number) => Number.isSafeInteger(number)) &&
    [fingerprint, key].every(isHash) &&
    (previous === null || isHash(previous)) &&
    typeof signature === 'string' &&
    SIGNATURE.test(signature)
  );
}

function isHash(value: unknown): boolean {
  return typeof value === 'string' && HASH.test(value);
}
