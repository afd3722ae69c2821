/** Something that takes bytes from strangers, and the rules that hold whatever they are. */
export interface Target {
  /** The longest input, in bytes: as long as the parser's own limit, and a little beyond it. */
  readonly maxLength: number;
  /** Inputs that no file of the corpus holds: they are long, or worked out when the target opens. */
  readonly seeds?: readonly Buffer[];
  /** Cases under way at a time: 1 unless they wait for one another's sockets. */
  readonly together?: number;
  /** Cases from one check to the next; {@link BATCH} by default. */
  readonly batch?: number;
  /** Milliseconds; a case that takes less is not slow, however fast the others are. */
  readonly floorMs: number;
  /** @throws whatever, where a rule is broken. */
  run(input: Buffer): void | Promise<void>;
  /** After each batch. @throws where the cases left something behind. */
  settle?(): Promise<void>;
  close?(): Promise<void>;
}

/** Cases of one seed: each batch can be made again alone. */
export const BATCH = 500;

/** What was found: `input` is undefined where only the run as a whole shows it. */
export interface Finding {
  readonly message: string;
  readonly input: Buffer | undefined;
}

/** What one target's run came to. Bytes and milliseconds. */
export interface Report {
  readonly cases: number;
  readonly elapsedMs: number;
  readonly slowestMs: number;
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly finding: Finding | undefined;
}

/** How long a target is run; whichever comes first. */
export interface Bounds {
  readonly ms: number;
  readonly cases: number;
}
