import type { Checkpoint } from './checkpoint.ts';
import type { Place } from './findings.ts';

/** A checkpoint and where it stands. */
export interface Point {
  readonly checkpoint: Checkpoint;
  readonly place: Place;
}

/** A segment's checkpoints, one at a time. */
export class SignedPoints implements AsyncDisposable {
  readonly #points: AsyncGenerator<Point>;
  #current: Point | undefined;
  #isClosed = false;

  constructor(points: AsyncGenerator<Point>) {
    this.#points = points;
  }

  get current(): Point | undefined {
    return this.#current;
  }

  /** Whether one that was passed closes the segment. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  async next(): Promise<Point | undefined> {
    if (this.#current?.checkpoint.closes === true) this.#isClosed = true;
    const { value, done } = await this.#points.next();
    this.#current = done === true ? undefined : value;
    return this.#current;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#points.return(undefined);
  }
}
