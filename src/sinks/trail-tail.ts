import type { KeyRing } from '../config/key-ring.ts';
import type { DurableMark } from '../trail/durable-mark.ts';
import { followRecords } from '../trail/follow.ts';
import { recordIn } from './record-in.ts';
import type { TrailRecord } from './sink.ts';

/** What a follower of the trail's files has to know. */
export interface TrailSource {
  /** The audit directory. */
  readonly dir: string;
  /** Opens encrypted segments. */
  readonly keys: KeyRing | undefined;
  /** Nothing beyond it is read. */
  readonly durable: DurableMark;
}

/** What is held at most, in characters of the records' lines, and one record. */
export const HELD_LENGTH = 65_536;
/** How long records gather before they are handed on, in ms, unless there is a chunk of them. */
const GATHER_MS = 10;

/** Reads the trail's files on from a record, ahead of its reader by no more than one chunk. */
export class TrailTail {
  readonly #ended = new AbortController();
  readonly #done: Promise<void>;
  #held: TrailRecord[] = [];
  #length = 0;
  #next: number;
  #missed = 0;
  #failure: { readonly cause: unknown } | undefined;
  #arrived = Promise.withResolvers<void>();
  #full = Promise.withResolvers<void>();
  #room = Promise.withResolvers<void>();

  /** @param from sequence of the first record that is wanted; 0: the first there is. */
  constructor(source: TrailSource, from: number) {
    this.#next = from;
    this.#done = this.#follow(source, from).catch((cause: unknown) => {
      this.#failure = { cause };
      this.#arrived.resolve();
      this.#full.resolve();
    });
  }

  /** How many records were not to be found: retention was quicker, or they cannot be read any more. */
  get missed(): number {
    return this.#missed;
  }

  /**
   * @param patience ms to wait where there is nothing yet.
   * @returns the records that come next; none: none came.
   * @throws what the reader of the files throws.
   */
  async read(patience: number): Promise<readonly TrailRecord[]> {
    if (this.#held.length === 0) await this.#unlessFailed(this.#arrived.promise, patience);
    if (this.#held.length > 0) await this.#unlessFailed(this.#full.promise, GATHER_MS);
    if (this.#held.length === 0 && this.#failure !== undefined) throw this.#failure.cause;
    const held = this.#held;
    this.#held = [];
    this.#length = 0;
    this.#arrived = Promise.withResolvers();
    this.#full = Promise.withResolvers();
    this.#room.resolve();
    return held;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    this.#room.resolve();
    await this.#done;
  }

  async #follow({ dir, keys, durable }: TrailSource, from: number): Promise<void> {
    const { signal } = this.#ended;
    for await (const { line } of followRecords(dir, { from, keys, durable, signal })) {
      const record = recordIn(line);
      // Damage is the verifier's to tell of; what it cost is counted with the next record.
      if (record === undefined || record.sequence < this.#next) continue;
      if (this.#next > 0) this.#missed += record.sequence - this.#next;
      this.#next = record.sequence + 1;
      this.#held.push(record);
      this.#length += line.length;
      this.#arrived.resolve();
      if (this.#length < HELD_LENGTH) continue;
      this.#room = Promise.withResolvers();
      this.#full.resolve();
      await this.#room.promise;
      if (signal.aborted) return;
    }
  }

  async #unlessFailed(event: Promise<void>, patience: number): Promise<void> {
    if (this.#failure !== undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, patience);
    await Promise.race([event, late.promise]);
    clearTimeout(timer);
  }
}
