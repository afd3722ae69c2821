import type { KeyObject } from 'node:crypto';
import { AnchorWatch } from './anchor-watch.ts';
import { type Checkpoint, keyId } from './checkpoint.ts';
import { CheckpointTrack } from './checkpoint-track.ts';
import { type Finding, Findings, type Place, segmentPlace } from './findings.ts';
import { type Accepted, RecordTrack } from './record-track.ts';
import { type Point, SignedPoints } from './signed-points.ts';
import { valueIn } from './values.ts';

/** A line without its end. `whole`: its end was there; only a trail's very last line may lack it. */
export interface Line {
  readonly text: string;
  readonly whole: boolean;
}

/** What is left of a segment. */
export interface SegmentLines {
  readonly name: string;
  /** Undefined: no such file. */
  readonly records: AsyncIterable<Line> | undefined;
  readonly checkpoints: AsyncIterable<Line> | undefined;
}

export interface VerifierOptions {
  /** Ed25519; those that checkpoints may be signed with. */
  readonly publicKeys: readonly KeyObject[];
  /** Checkpoints that were kept elsewhere, their signatures checked. */
  readonly anchors?: readonly Checkpoint[];
}

/** How much was looked at. */
export interface Summary {
  readonly segments: number;
  readonly records: number;
  readonly checkpoints: number;
  /** The last record's sequence; 0: there is none. */
  readonly last: number;
  /** Records behind the last checkpoint: nothing but the chain speaks for them. */
  readonly unsigned: number;
  /** A last line that was not written to its end: what a process leaves that was killed. */
  readonly torn: Place | undefined;
  /** Findings beyond those that are listed. */
  readonly more: number;
}

/** Segments of which retention may have left the checkpoints only. */
interface Recordless {
  readonly name: string;
  readonly last: number;
}

/**
 * Reads a trail from its beginning, a segment after the other, and tells what is not as it was written. Keeps a line
 * of each file in memory, never a segment.
 */
export class ChainVerifier {
  readonly #findings = new Findings();
  readonly #records: RecordTrack;
  readonly #checkpoints: CheckpointTrack;
  readonly #anchors: AnchorWatch;
  readonly #recordless: Recordless[] = [];
  #purgedUpTo = 0;
  #torn: Place | undefined;
  #counts = { segments: 0, records: 0, checkpoints: 0 };
  #signed = 0;

  constructor({ publicKeys, anchors = [] }: VerifierOptions) {
    this.#records = new RecordTrack(this.#findings, new Set(publicKeys.map(keyId)));
    this.#checkpoints = new CheckpointTrack(this.#findings, publicKeys);
    this.#anchors = new AnchorWatch(this.#findings, anchors);
  }

  /** The next segment by name. @throws what its files throw. */
  async segment({ name, records, checkpoints }: SegmentLines): Promise<void> {
    if (this.#torn !== undefined) {
      this.#findings.add(this.#torn, 'the line was not written to its end');
      this.#torn = undefined;
    }
    this.#counts.segments += 1;
    await using signed = new SignedPoints(this.#linesOf(checkpoints, { segment: name, file: 'checkpoints' }));
    await signed.next();
    if (records === undefined) await this.#withoutRecords(name, signed);
    else await this.#withRecords(name, records, signed);
  }

  /** What is wrong, once the last segment was read. */
  end(): readonly Finding[] {
    for (const { name, last } of this.#recordless) {
      if (last > this.#purgedUpTo)
        this.#findings.add(
          segmentPlace(name),
          'its records are missing, and no record tells that they were deleted',
        );
    }
    const deleted = this.#recordless.at(-1)?.last ?? 0;
    this.#anchors.end({ chain: this.#records.chain, expected: this.#records.expected, deleted });
    this.#recordless.splice(0);
    return this.#findings.kept;
  }

  get summary(): Summary {
    const last = this.#records.expected - 1;
    const unsigned = Math.max(0, last - this.#signed);
    return { ...this.#counts, last, unsigned, torn: this.#torn, more: this.#findings.more };
  }

  async #withRecords(name: string, records: AsyncIterable<Line>, signed: SignedPoints): Promise<void> {
    const place = { segment: name, file: 'records' as const, line: 0 };
    for await (const { text, whole } of records) {
      place.line += 1;
      if (whole) await this.#compare(this.#records.push(text, { ...place }), signed);
      else this.#torn = { ...place };
    }
    await this.#compare(this.#records.flush(), signed);
    for (let point = signed.current; point !== undefined; point = await signed.next()) {
      const { sequence } = point.checkpoint;
      this.#findings.add(
        { ...place },
        `the segment ends before record ${sequence}, which was signed`,
        sequence,
      );
    }
  }

  /** Checkpoints alone, as retention leaves them. It takes the oldest segments first. */
  async #withoutRecords(name: string, signed: SignedPoints): Promise<void> {
    if (this.#counts.records > 0) this.#findings.add(segmentPlace(name), 'its records are missing');
    let last: Point | undefined;
    for (let point = signed.current; point !== undefined; point = await signed.next()) last = point;
    if (last === undefined) return;
    const { sequence, fingerprint } = last.checkpoint;
    this.#recordless.push({ name, last: sequence });
    this.#records.skipTo(sequence, { fingerprint, place: last.place });
  }

  async #compare(accepted: Accepted | undefined, signed: SignedPoints): Promise<void> {
    if (accepted === undefined) return;
    const { record, place } = accepted;
    this.#counts.records += 1;
    this.#purgedUpTo = Math.max(this.#purgedUpTo, purgedBy(record.event));
    this.#anchors.compare(accepted);
    if (signed.isClosed)
      this.#findings.add(place, 'the segment was closed before this record', record.sequence);
    let point = signed.current;
    for (; point !== undefined && point.checkpoint.sequence <= record.sequence; point = await signed.next()) {
      const { sequence, fingerprint } = point.checkpoint;
      if (sequence < record.sequence)
        this.#findings.add(
          point.place,
          `record ${sequence}, which was signed, is not in its place`,
          sequence,
        );
      else if (fingerprint !== record.fingerprint)
        this.#findings.add(place, `record ${sequence} is not the one that was signed`, sequence);
    }
  }

  async *#linesOf(lines: AsyncIterable<Line> | undefined, file: Omit<Place, 'line'>): AsyncGenerator<Point> {
    let line = 0;
    for await (const { text, whole } of lines ?? []) {
      line += 1;
      const place = { ...file, line };
      if (!whole) {
        this.#torn = place;
        continue;
      }
      this.#counts.checkpoints += 1;
      const checkpoint = this.#checkpoints.read(text, place);
      if (checkpoint === undefined) continue;
      this.#records.chain = checkpoint.chain;
      this.#signed = Math.max(this.#signed, checkpoint.sequence);
      this.#anchors.meet(checkpoint);
      yield { checkpoint, place };
    }
  }
}

/** Up to which record a `trail-purged` says that retention has deleted; 0: the record is none. */
function purgedBy(event: Readonly<Record<string, unknown>>): number {
  if (valueIn(event, 'metadata', 'event_code') !== 'trail-purged') return 0;
  const sequence = valueIn(event, 'unmapped', 'portcullis', 'up_to', 'sequence');
  return typeof sequence === 'number' ? sequence : 0;
}
