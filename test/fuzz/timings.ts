/** Bounds of the histogram: 2^-10 ms, a microsecond, to 2^22 ms; so many steps an octave. */
const FIRST_OCTAVE = -10;
const OCTAVES = 32;
const STEPS = 8;

/** How many of the slowest cases are looked at again. */
const REMEMBERED = 5;

interface Timed {
  readonly input: Buffer;
  readonly ms: number;
}

/** How long cases take. The histogram is as large after a million of them as at first. */
export class Timings {
  readonly #histogram = new Uint32Array(OCTAVES * STEPS);
  #count = 0;
  #slowest: Timed[] = [];

  add(input: Buffer, ms: number): void {
    const step = Math.floor((Math.log2(ms) - FIRST_OCTAVE) * STEPS);
    const bounded = Math.min(Math.max(step, 0), this.#histogram.length - 1) || 0;
    this.#histogram[bounded] = Number(this.#histogram[bounded]) + 1;
    this.#count += 1;
    if (this.#slowest.length === REMEMBERED && ms <= Number(this.#slowest.at(-1)?.ms)) return;
    this.#slowest = [...this.#slowest, { input, ms }].sort((a, b) => b.ms - a.ms).slice(0, REMEMBERED);
  }

  get count(): number {
    return this.#count;
  }

  /** The slowest first. */
  get slowest(): readonly Timed[] {
    return this.#slowest;
  }

  /** To the eighth of an octave. */
  get median(): number {
    let seen = 0;
    const step = this.#histogram.findIndex((count) => {
      seen += count;
      return seen * 2 >= this.#count;
    });
    return 2 ** (FIRST_OCTAVE + (step + 1) / STEPS);
  }
}
