import { type ChainHead, newChain } from '../audit/chain.ts';
import { type Checkpoint, checkpointHash, readCheckpoint } from '../audit/checkpoint.ts';
import { type ReadRecord, readRecord } from '../audit/record-line.ts';
import { TrailError } from './error.ts';
import { readTail, type Tail } from './file-tail.ts';
import { appendBytes, cutBack } from './growing-file.ts';
import { holdsRecords, listSegments, listTraces, type Segment, segmentPath } from './segment-names.ts';
import type { Place } from './segment-writer.ts';
import type { SigningKey } from './trail-options.ts';

/** Bytes of a segment's end that are looked at: more than one batch, and only the last one can be broken. */
const RECORD_WINDOW = 2 * 1024 * 1024;
/** Several checkpoints: a line has about 500 bytes. */
const CHECKPOINT_WINDOW = 16 * 1024;
/** OCSF's `uid` where the record that had one is gone (RFC 9562, 5.9): its fingerprint still links. */
const NIL_UUID = '00000000-0000-0000-0000-000000000000';

/** How the last process left the trail. */
export interface Recovered {
  readonly head: ChainHead;
  /** Hash of the last checkpoint's line. */
  readonly previous: string | null;
  /** What a crash had left, and was cut off. */
  readonly torn: readonly { readonly segment: string; readonly tornBytes: number }[];
  /** The last segment where no checkpoint closes it yet. */
  readonly unclosed: string | undefined;
}

interface Signed {
  readonly previous: string | null;
  readonly last: Checkpoint | undefined;
}

/**
 * Mends what a process that was killed left at the end of the trail, and finds where to go on. Only what no checkpoint
 * vouches for is ever cut off; whatever else is wrong stays as it is, for the verification to find. Safe to break off
 * and begin again.
 *
 * @throws TrailError where the trail was signed with another key
 */
export async function recover(place: Place, key: SigningKey, newChainId: () => string): Promise<Recovered> {
  const recovered = await mendTrail(place, key, newChainId);
  const { sequence } = recovered.head;
  if ((await listSegments(place.files, place.dir)).some(({ first }) => first > sequence)) {
    throw new TrailError(
      'the audit trail has segments behind its last readable record: keep it for an investigation, move it away, and a new one begins',
    );
  }
  return recovered;
}

async function mendTrail(place: Place, key: SigningKey, newChainId: () => string): Promise<Recovered> {
  const traces = await listTraces(place.files, place.dir);
  await removeLeftovers(place, traces);
  const signed = await lastSigned(place, traces, key);
  const torn: { segment: string; tornBytes: number }[] = [];
  for (const { name, kinds } of traces.filter(holdsRecords).toReversed()) {
    // Never encrypted before the next one has a record: what followed it is gone.
    if (!kinds.has('jsonl')) break;
    const found = await mendSegment(place, name, signed.last);
    if (found.tornBytes > 0) torn.push({ segment: name, tornBytes: found.tornBytes });
    if (found.last === undefined) continue;
    const { chain, sequence, uid, fingerprint } = found.last;
    const head = { chain, authority: key.id, sequence, last: { uid, fingerprint } };
    const isClosed = signed.last?.closes === true && signed.last.segment === name;
    return { head, previous: signed.previous, torn, unclosed: isClosed ? undefined : name };
  }
  return {
    head: headWithoutRecords(signed, key, newChainId),
    previous: signed.previous,
    torn,
    unclosed: undefined,
  };
}

/** Nothing is there, or only what was signed of it. */
function headWithoutRecords({ last }: Signed, key: SigningKey, newChainId: () => string): ChainHead {
  if (last === undefined) return newChain(newChainId(), key.id);
  const { chain, sequence, fingerprint } = last;
  return { chain, authority: key.id, sequence, last: { uid: NIL_UUID, fingerprint } };
}

/** An encryption that was broken off begins again. */
async function removeLeftovers({ files, dir }: Place, traces: readonly Segment[]): Promise<void> {
  for (const { name, kinds } of traces)
    if (kinds.has('sealing')) await files.remove(segmentPath(dir, name, 'sealing'));
}

/** The last checkpoint of the directory; a torn line behind it is cut off. */
async function lastSigned(place: Place, traces: readonly Segment[], key: SigningKey): Promise<Signed> {
  for (const { name } of traces.filter(({ kinds }) => kinds.has('checkpoints')).toReversed()) {
    const path = segmentPath(place.dir, name, 'checkpoints');
    const tail = await readTail(place.files, path, CHECKPOINT_WINDOW);
    if (tail === undefined) continue;
    const line = tail.lines.findLast(({ text }) => isJson(text));
    const end = line === undefined ? 0 : line.start + Buffer.byteLength(line.text) + 1;
    if (end < tail.bytes && (line !== undefined || tail.whole)) {
      await cutBack(place.files, { path, identity: tail.identity }, end);
    }
    if (line === undefined) continue;
    const read = readCheckpoint(line.text, key.publicKey);
    demandOwnKey(line.text, key);
    return { previous: checkpointHash(line.text), last: 'problem' in read ? undefined : read };
  }
  return { previous: null, last: undefined };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** With two keys in one trail, nobody could verify all of it with either. */
function demandOwnKey(line: string, key: SigningKey): void {
  const signer = /"key":"([0-9a-f]{64})"/.exec(line)?.[1];
  if (signer === undefined || signer === key.id) return;
  throw new TrailError(
    'the audit trail was signed with another key: put that key back, or move the trail away, and a new one begins',
  );
}

/** Cuts off what a crash left at a segment's end. A segment without any record goes: its name is the next one's. */
async function mendSegment(
  place: Place,
  name: string,
  signed: Checkpoint | undefined,
): Promise<{ readonly last: ReadRecord | undefined; readonly tornBytes: number }> {
  const { files, dir } = place;
  const path = segmentPath(dir, name, 'jsonl');
  const tail = await readTail(files, path, RECORD_WINDOW);
  if (tail === undefined) return { last: undefined, tornBytes: 0 };
  if (signed?.closes === true && signed.segment === name) {
    return { last: closingRecord(tail, signed.fingerprint), tornBytes: 0 };
  }
  const { last, end } = soundEnd(tail, { first: Number(name), signed: signed?.sequence ?? 0 });
  const tornBytes = tail.bytes - end;
  if (tornBytes > 0) await keepTorn(place, name, end);
  await cutBack(files, { path, identity: tail.identity }, end);
  if (end === 0) {
    await files.remove(path);
    await files.syncDir(dir);
  }
  return { last, tornBytes };
}

/**
 * Where the chain ends that holds without a break. A batch of which a loss of power left pages in any order breaks
 * it anywhere, but never before a record that a checkpoint names: those were durable. A break there is somebody's
 * doing: all lines stay, and the last that is a record is the end.
 */
function soundEnd(
  tail: Tail,
  { first, signed }: { readonly first: number; readonly signed: number },
): { readonly last: ReadRecord | undefined; readonly end: number } {
  let last: ReadRecord | undefined;
  // Of a window into the middle nothing is known before its first record.
  let sequence = tail.whole ? first - 1 : -1;
  for (const { text, start } of tail.lines) {
    const read = readRecord(text);
    const record = 'problem' in read ? undefined : read;
    const isBreak = record === undefined || (last !== undefined && !follows(record, last));
    if (isBreak && sequence >= signed) return { last, end: start };
    if (record === undefined) continue;
    last = record;
    sequence = record.sequence;
  }
  return { last, end: tail.end };
}

/** Nothing is ever written behind it: what stands there, or where it is missing, is somebody's doing, and stays. */
function closingRecord(tail: Tail, fingerprint: string): ReadRecord | undefined {
  const records = tail.lines.flatMap(({ text }) => {
    const read = readRecord(text);
    return 'problem' in read ? [] : [read];
  });
  return records.findLast((record) => record.fingerprint === fingerprint) ?? records.at(-1);
}

function follows(record: ReadRecord, before: ReadRecord): boolean {
  return record.sequence === before.sequence + 1 && record.previous?.fingerprint === before.fingerprint;
}

/** Whoever looks into a crash, or into what only looks like one, finds the bytes. */
async function keepTorn({ files, dir }: Place, name: string, from: number): Promise<void> {
  const file = await files.open(segmentPath(dir, name, 'jsonl'), 'read');
  try {
    const bytes = Buffer.alloc(RECORD_WINDOW);
    const length = await file.read(bytes, from);
    await appendBytes(files, segmentPath(dir, name, 'torn'), bytes.subarray(0, length));
  } finally {
    await file.close();
  }
}
