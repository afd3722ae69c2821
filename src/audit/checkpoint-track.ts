import type { KeyObject } from 'node:crypto';
import { type Checkpoint, checkpointHash, keyId, readCheckpoint } from './checkpoint.ts';
import type { Findings, Place } from './findings.ts';

/** Follows checkpoints through a trail: each is signed, and names the one before by the hash of its line. */
export class CheckpointTrack {
  readonly #findings: Findings;
  readonly #keys: ReadonlyMap<string, KeyObject>;
  /** Hash of the line before; undefined after one that is none, as nothing can be said of it. */
  #previous: string | null | undefined = null;
  #chain: string | undefined;
  #segment: string | undefined;
  #sequence = 0;
  #closed = false;

  constructor(findings: Findings, publicKeys: readonly KeyObject[]) {
    this.#findings = findings;
    this.#keys = new Map(publicKeys.map((key) => [keyId(key), key]));
  }

  /** @returns undefined for a line that is no checkpoint of this trail. */
  read(line: string, place: Place): Checkpoint | undefined {
    const checkpoint = this.#verified(line);
    if ('problem' in checkpoint) {
      this.#findings.add(place, checkpoint.problem);
      this.#previous = undefined;
      return undefined;
    }
    this.#chain ??= checkpoint.chain;
    for (const problem of this.#problems(checkpoint, place)) this.#findings.add(place, problem);
    this.#previous = checkpointHash(line);
    if (checkpoint.chain !== this.#chain || checkpoint.segment !== place.segment) return undefined;
    this.#closed = checkpoint.closes;
    this.#segment = checkpoint.segment;
    this.#sequence = Math.max(this.#sequence, checkpoint.sequence);
    return checkpoint;
  }

  #verified(line: string): Checkpoint | { readonly problem: string } {
    let result: Checkpoint | { readonly problem: string } = { problem: 'there is no key to check it with' };
    for (const key of this.#keys.values()) {
      result = readCheckpoint(line, key);
      if (!('problem' in result)) break;
    }
    return result;
  }

  *#problems({ chain, segment, sequence, previous }: Checkpoint, place: Place): Generator<string> {
    if (chain !== this.#chain) yield 'the checkpoint is of another chain';
    if (this.#previous !== undefined && previous !== this.#previous)
      yield 'a checkpoint before it is missing, or does not belong there';
    if (segment !== place.segment) yield `the checkpoint is of segment ${segment}`;
    else if (segment === this.#segment && this.#closed) yield 'the segment was closed before it';
    if (sequence < this.#sequence) yield 'the checkpoint names an earlier record than the one before it';
  }
}
