import { MAX_RECORD_LENGTH } from '../audit/record-line.ts';
import { TrailError } from './error.ts';
import { openSegment, type SegmentBytes, type Source } from './segment-bytes.ts';

/** A line of the trail. */
export interface TrailLine {
  /** The record's; 0 where the line holds none that can be read. */
  readonly sequence: number;
  /** Without its end. Of a line that is too long, the beginning. */
  readonly line: string;
  /** Name of its segment: 16 digits. */
  readonly segment: string;
  /** From 1; of a segment that cannot be read further, that of the line that would have come. */
  readonly lineNumber: number;
  /** Why this is not a whole record of the trail, for people. */
  readonly problem?: string | undefined;
  /** `torn`: it has no end, as a crash leaves it or while it is written. `unread`: nothing more can be read here. */
  readonly fault?: 'torn' | 'unread' | undefined;
}

/** Where a reader is in a segment. */
export interface Cursor {
  readonly name: string;
  /** Bytes, of the plain text. */
  readonly offset: number;
  /** Lines before that. */
  readonly lineNumber: number;
}

const LINE_FEED = 0x0a;
/** Of a line that is too long: enough to recognise it. */
const SHOWN_BYTES = 256;
/**
 * `metadata` of a canonical record: nothing in a record can imitate it, as within a JSON string each quotation mark has
 * a backslash before it.
 */
const SEQUENCE = /"sequence":(\d{1,16}),"uid":"/;

/** A line, and the place behind it. */
export interface PlacedLine {
  readonly line: TrailLine;
  readonly after: Cursor;
}

/** Reads on in a segment to its end as it is now. Memory: one line and 64 KiB. */
export function readSegment(source: Source, from: Cursor): AsyncGenerator<PlacedLine> {
  return readLines(() => openSegment(source, from.name), from, source.signal);
}

/** As `readSegment`, from any bytes that are lines. What cannot be opened or read is a line with a problem, too. */
export async function* readLines(
  open: () => Promise<SegmentBytes | undefined>,
  from: Cursor,
  signal: AbortSignal | undefined,
): AsyncGenerator<PlacedLine> {
  const lines = new LineReader(from);
  let bytes: SegmentBytes | undefined;
  try {
    bytes = await open();
    if (bytes === undefined) return;
    for (let position = from.offset; ; ) {
      signal?.throwIfAborted();
      const chunk = await bytes.read(position);
      if (chunk.length === 0) break;
      position += chunk.length;
      yield* lines.feed(chunk);
    }
    const rest = lines.rest();
    if (rest !== undefined) yield rest;
  } catch (error) {
    if (!(error instanceof TrailError)) throw error;
    yield lines.broken(error.message);
  } finally {
    await bytes?.close();
  }
}

/** Makes lines of chunks. */
class LineReader {
  #at: Cursor;
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of the line at hand that were not kept. */
  #dropped = 0;

  constructor(from: Cursor) {
    this.#at = from;
  }

  *feed(chunk: Buffer): Generator<PlacedLine> {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#hold(chunk.subarray(start, end));
      start = end + 1;
      const before = this.#at;
      const length = this.#held.length + this.#dropped + 1;
      this.#at = { ...before, offset: before.offset + length, lineNumber: before.lineNumber + 1 };
      yield { line: this.#line(this.#at.lineNumber), after: this.#at };
      this.#held = Buffer.alloc(0);
      this.#dropped = 0;
    }
    this.#hold(chunk.subarray(start));
  }

  /** What has no end. */
  rest(): PlacedLine | undefined {
    if (this.#held.length === 0) return undefined;
    const line = { ...this.#line(this.#at.lineNumber + 1), sequence: 0, problem: 'the line has no end' };
    return { line: { ...line, fault: 'torn' }, after: this.#at };
  }

  broken(problem: string): PlacedLine {
    const { name, lineNumber } = this.#at;
    const line = { sequence: 0, line: '', segment: name, lineNumber: lineNumber + 1, problem };
    return { line: { ...line, fault: 'unread' }, after: this.#at };
  }

  #hold(bytes: Buffer): void {
    const room = MAX_RECORD_LENGTH - this.#held.length;
    const kept = bytes.subarray(0, room);
    this.#held = this.#held.length === 0 ? kept : Buffer.concat([this.#held, kept]);
    this.#dropped += bytes.length - kept.length;
  }

  #line(lineNumber: number): TrailLine {
    const place = { segment: this.#at.name, lineNumber };
    if (this.#dropped > 0) {
      const line = this.#held.toString('utf8', 0, SHOWN_BYTES);
      return { sequence: 0, line, ...place, problem: `the line is longer than ${MAX_RECORD_LENGTH} bytes` };
    }
    const line = this.#held.toString('utf8');
    const sequence = Number(SEQUENCE.exec(line)?.[1] ?? 0);
    return sequence > 0
      ? { sequence, line, ...place }
      : { sequence, line, ...place, problem: 'the line is not a record' };
  }
}
