/** Where something is in a trail. */
export interface Place {
  /** The segment's name. */
  readonly segment: string;
  readonly file: 'records' | 'checkpoints';
  /** From 1; 0: the file as a whole. */
  readonly line: number;
}

/** A segment's file of records as a whole. */
export function segmentPlace(segment: string): Place {
  return { segment, file: 'records', line: 0 };
}

/** Something that is not as it was written. */
export interface Finding extends Place {
  /** Of the record that it is about, where that is known. */
  readonly sequence?: number | undefined;
  /** For people: one line, without anything from the file. */
  readonly what: string;
}

/** More than anybody reads; a trail that was replaced whole would give one a line. */
const MAX_FINDINGS = 1000;

/** Keeps the first so many, and counts the rest. */
export class Findings {
  readonly #kept: Finding[] = [];
  #more = 0;

  add(place: Place, what: string, sequence?: number): void {
    if (this.#kept.length < MAX_FINDINGS) this.#kept.push({ ...place, sequence, what });
    else this.#more += 1;
  }

  get kept(): readonly Finding[] {
    return this.#kept;
  }

  /** How many are not among those kept. */
  get more(): number {
    return this.#more;
  }
}
