import type { KeyObject } from 'node:crypto';
import type { Checkpoint } from '../audit/checkpoint.ts';
import type { Finding } from '../audit/findings.ts';
import { ChainVerifier, type Line, type Summary } from '../audit/verification.ts';
import { nodeFiles } from './node-files.ts';
import { type ReadOptions, startOf } from './reader.ts';
import { openCheckpoints, openSegment, type SegmentBytes, type Source } from './segment-bytes.ts';
import { holdsRecords, listTraces, type Segment, segmentPath } from './segment-names.ts';
import { type PlacedLine, readLines } from './segment-reader.ts';

export interface VerifyOptions extends Omit<ReadOptions, 'from'> {
  /** Ed25519; those that the trail may be signed with. */
  readonly publicKeys: readonly KeyObject[];
  /** Checkpoints that were kept elsewhere, their signatures checked. */
  readonly anchors?: readonly Checkpoint[];
}

export interface Verified {
  readonly findings: readonly Finding[];
  readonly summary: Summary;
}

/**
 * Reads the whole trail in `dir` and tells what is not as it was written. A gateway may go on writing meanwhile. A
 * segment that cannot be read, as its key is missing, is a finding.
 */
export async function verifyTrail(dir: string, options: VerifyOptions): Promise<Verified> {
  const { files = nodeFiles, keys, signal, publicKeys, anchors = [] } = options;
  const source = { files, dir, keys, signal };
  const verifier = new ChainVerifier({ publicKeys, anchors });
  const unread: Finding[] = [];
  for (const segment of await listTraces(files, dir)) {
    const { name, kinds } = segment;
    if (!holdsRecords(segment) && (await isBlank(source, name))) continue;
    const checkpoints = kinds.has('checkpoints') ? await signedNow(source, name) : undefined;
    await verifier.segment({ name, records: recordsOf(source, segment, unread), checkpoints });
  }
  return { findings: [...unread, ...verifier.end()], summary: verifier.summary };
}

/**
 * Opened before the records are read: whatever is signed by then is written. The other way round, a gateway that goes
 * on would sign what was not there when the records ended.
 */
async function signedNow(source: Source, name: string): Promise<AsyncIterable<Line>> {
  const bytes = await openCheckpoints(source, name);
  return linesOf(readLines(async () => bytes, startOf(name), source.signal));
}

function recordsOf(
  source: Source,
  { name, kinds }: Segment,
  unread: Finding[],
): AsyncIterable<Line> | undefined {
  if (!kinds.has('jsonl') && !kinds.has('jsonl.enc')) return undefined;
  const open = (): Promise<SegmentBytes | undefined> => openSegment(source, name);
  return linesOf(readLines(open, startOf(name), source.signal), (line, what) => {
    unread.push({ segment: name, file: 'records', line, what });
  });
}

async function* linesOf(
  lines: AsyncIterable<PlacedLine>,
  unread: (line: number, problem: string) => void = () => undefined,
): AsyncGenerator<Line> {
  for await (const { line } of lines) {
    if (line.fault === 'unread') unread(line.lineNumber, line.problem ?? 'it cannot be read');
    else yield { text: line.line, whole: line.fault !== 'torn' };
  }
}

/** A start that was killed before its first record leaves a file in which nothing was signed; it says nothing. */
async function isBlank({ files, dir }: Source, name: string): Promise<boolean> {
  return (await files.stat(segmentPath(dir, name, 'checkpoints')))?.bytes === 0;
}
