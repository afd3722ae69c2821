import type { Checkpoint } from './checkpoint.ts';
import { type Findings, segmentPlace } from './findings.ts';
import type { Accepted } from './record-track.ts';

/** How far a trail goes, once it was read. */
interface Extent {
  readonly chain: string | undefined;
  /** The sequence that a next record would have. */
  readonly expected: number;
  /** Up to here there are no records, only their checkpoints; 0: there are all. */
  readonly deleted: number;
}

/** Compares a trail with checkpoints of it that were kept elsewhere. */
export class AnchorWatch {
  readonly #findings: Findings;
  readonly #anchors: Map<number, Checkpoint>;
  /** Sequences of anchors that no checkpoint has been found to be. */
  readonly #unmet: Set<number>;

  constructor(findings: Findings, anchors: readonly Checkpoint[]) {
    this.#findings = findings;
    this.#anchors = new Map(anchors.map((anchor) => [anchor.sequence, anchor]));
    this.#unmet = new Set(this.#anchors.keys());
  }

  /** An anchor is a copy of a checkpoint; where the records are deleted, that is all to compare it with. */
  meet({ sequence, fingerprint, chain }: Checkpoint): void {
    const anchor = this.#anchors.get(sequence);
    if (anchor?.fingerprint === fingerprint && anchor.chain === chain) this.#unmet.delete(sequence);
  }

  compare({ record, place }: Accepted): void {
    const { sequence, fingerprint, chain } = record;
    const anchor = this.#anchors.get(sequence);
    if (anchor === undefined || anchor.chain !== chain) return;
    this.#anchors.delete(sequence);
    if (anchor.fingerprint !== fingerprint)
      this.#findings.add(place, `record ${sequence} is not the one of the anchor`, sequence);
  }

  /** Tells of anchors that found no record. */
  end({ chain, expected, deleted }: Extent): void {
    for (const [sequence, anchor] of this.#anchors) {
      const add = (what: string): void => this.#findings.add(segmentPlace(anchor.segment), what, sequence);
      if (chain !== undefined && anchor.chain !== chain)
        add('the anchor is of another chain: the trail was replaced');
      else if (sequence >= expected) add(`the trail ends before record ${sequence} of the anchor`);
      else if (sequence > deleted || this.#unmet.has(sequence))
        add(`record ${sequence} of the anchor is not in its place`);
    }
    this.#anchors.clear();
  }
}
