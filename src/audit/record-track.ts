import type { Findings, Place } from './findings.ts';
import { type ReadRecord, readRecord } from './record-line.ts';

/** A record that stands where it belongs. */
export interface Accepted {
  readonly record: ReadRecord;
  readonly place: Place;
}

interface Item {
  readonly place: Place;
  readonly record: ReadRecord | undefined;
  /** Why it is none of this chain's; undefined: it is one. */
  readonly problem: string | undefined;
}

/** The last record that was accepted, as far as its successor must name it. */
interface Last {
  readonly fingerprint: string;
  readonly place: Place;
}

/**
 * Follows records through a trail: each has the next sequence and names the one before by its fingerprint. Looks one
 * line ahead, so that it can tell what was put in from what was left out, and goes on at the right place after either.
 */
export class RecordTrack {
  readonly #findings: Findings;
  readonly #authorities: ReadonlySet<string>;
  #chain: string | undefined;
  #expected = 1;
  #last: Last | undefined;
  #held: Item | undefined;
  /** A line at a segment's end that was none: nobody knows whether it stood for a record. */
  #slack = false;

  /** @param authorities ids of the keys that may vouch for records. */
  constructor(findings: Findings, authorities: ReadonlySet<string>) {
    this.#findings = findings;
    this.#authorities = authorities;
  }

  /** The chain that it follows; the first to say so names it. */
  get chain(): string | undefined {
    return this.#chain;
  }

  set chain(chain: string) {
    this.#chain ??= chain;
  }

  /** The sequence that the next record must have. */
  get expected(): number {
    return this.#expected;
  }

  /** @returns a line that was pushed before, if it is a record in its place. */
  push(line: string, place: Place): Accepted | undefined {
    const next = this.#read(line, place);
    const accepted = this.#held && this.#judge(this.#held, next);
    this.#held = next;
    return accepted;
  }

  /** The end of a segment. @returns its last line, if it is a record in its place. */
  flush(): Accepted | undefined {
    const accepted = this.#held && this.#judge(this.#held, undefined);
    this.#held = undefined;
    return accepted;
  }

  /** Goes on after records that are there no more, of which a checkpoint names the last. */
  skipTo(sequence: number, last: Last): void {
    this.#expected = sequence + 1;
    this.#last = last;
  }

  #read(line: string, place: Place): Item {
    const record = readRecord(line);
    if ('problem' in record) return { place, record: undefined, problem: record.problem };
    this.#chain ??= record.chain;
    const problem = this.#isForeign(record) ? 'the record is of another chain' : undefined;
    return { place, record: problem === undefined ? record : undefined, problem };
  }

  #isForeign({ chain, authority }: ReadRecord): boolean {
    return chain !== this.#chain || !this.#authorities.has(authority);
  }

  #judge({ record, place, problem }: Item, next: Item | undefined): Accepted | undefined {
    if (record === undefined) {
      this.#findings.add(place, problem ?? 'the line is no record', this.#expected);
      this.#passBy(next);
      return undefined;
    }
    const { sequence } = record;
    if (sequence === this.#expected || (this.#slack && sequence === this.#expected + 1))
      return this.#accept(record, place, next);
    const follows = next?.record?.sequence;
    const isPutIn = follows === this.#expected || follows === this.#expected + 1;
    if (sequence < this.#expected || isPutIn) {
      this.#findings.add(place, `record ${sequence} stands where record ${this.#expected} belongs`, sequence);
      if (follows === this.#expected + 1) this.#miss();
      return undefined;
    }
    this.#findings.add(place, missing(this.#expected, sequence - 1), this.#expected);
    this.#last = undefined;
    return this.#accept(record, place, next);
  }

  /** A line that is no record of this chain stood for one, unless the one expected follows. */
  #passBy(next: Item | undefined): void {
    if (next === undefined) {
      this.#slack = true;
      this.#last = undefined;
    } else if (next.record?.sequence !== this.#expected) this.#miss();
  }

  #miss(): void {
    this.#expected += 1;
    this.#last = undefined;
  }

  #accept(record: ReadRecord, place: Place, next: Item | undefined): Accepted {
    this.#checkLink(record, place, next?.record);
    this.#expected = record.sequence + 1;
    this.#last = { fingerprint: record.fingerprint, place };
    this.#slack = false;
    return { record, place };
  }

  #checkLink(record: ReadRecord, place: Place, next: ReadRecord | undefined): void {
    const { sequence, previous, fingerprint } = record;
    if ((sequence === 1) !== (previous === undefined)) {
      this.#findings.add(place, 'only the first record of a chain names none before it', sequence);
    } else if (this.#last !== undefined && previous?.fingerprint !== this.#last.fingerprint) {
      // Whichever of the two the record after them vouches for is not the one that was changed.
      const isVouchedFor = next === undefined || next.previous?.fingerprint === fingerprint;
      const [changed, at] = isVouchedFor ? [sequence - 1, this.#last.place] : [sequence, place];
      this.#findings.add(at, `record ${changed} was changed: its neighbour names another one`, changed);
    }
  }
}

function missing(from: number, to: number): string {
  return from === to
    ? `record ${from} is missing before it`
    : `records ${from} to ${to} are missing before it`;
}
