import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { readCorpus, readWords } from './corpus.ts';
import { type Change, KINDS, type Material, mutate } from './mutate.ts';
import { BATCH, type Target } from './target.ts';

/** The most changes to one input: more, and nothing of the format is left. */
const MOST_CHANGES = 6;
const MAX_INT = 0x7fffffff;

/** Of ten inputs so many are mutated ones; the others are put together from scratch. */
const WEIGHTS = { mutated: 8, wordy: 2 };

/** A target's inputs, batch by batch: the same seed makes the same ones. */
export class Inputs {
  readonly #name: string;
  readonly #seed: number;
  readonly #size: number;
  readonly #known: readonly Buffer[];
  readonly #arbitrary: fc.Arbitrary<Buffer>;

  constructor(name: string, target: Target, seed: number) {
    this.#name = name;
    this.#seed = seed;
    this.#size = target.batch ?? BATCH;
    this.#known = [...readCorpus(name), ...(target.seeds ?? [])];
    const words = readWords(name);
    const { maxLength } = target;
    const mutated = mutations({ corpus: this.#known, words, maxLength });
    this.#arbitrary = fc.oneof(
      { weight: WEIGHTS.mutated, arbitrary: mutated },
      { weight: WEIGHTS.wordy, arbitrary: wordy(words, maxLength) },
    );
  }

  /** The inputs of a batch; those of batch 0 are the corpus as it stands. */
  batch(index: number): readonly Buffer[] {
    if (index === 0) return this.#known;
    return fc.sample(this.#arbitrary, { seed: this.#seedOf(index), numRuns: this.#size });
  }

  #seedOf(index: number): number {
    return createHash('sha256').update(`${this.#seed} ${this.#name} ${index}`).digest().readInt32BE(0);
  }
}

function mutations(material: Material): fc.Arbitrary<Buffer> {
  const number = fc.nat(MAX_INT);
  const change: fc.Arbitrary<Change> = fc.tuple(fc.nat(KINDS - 1), number, number, number);
  const changes = fc.array(change, { minLength: 1, maxLength: MOST_CHANGES });
  return fc
    .tuple(fc.constantFrom(...material.corpus), changes)
    .map(([seed, list]) => mutate(seed, list, material));
}

/** Words of the format and any bytes, in any order. */
function wordy(words: readonly Buffer[], maxLength: number): fc.Arbitrary<Buffer> {
  const bytes = fc.uint8Array({ maxLength: 8 }).map((array) => Buffer.from(array));
  return fc
    .array(fc.oneof(fc.constantFrom(...words), bytes), { maxLength: 40 })
    .map((pieces) => Buffer.concat(pieces).subarray(0, maxLength));
}
