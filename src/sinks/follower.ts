import { pause } from '../trail/pause.ts';
import { Backoff } from './backoff.ts';
import { type Position, PositionFile } from './position.ts';
import { resume } from './resume.ts';
import type { Sink, SinkState, TrailRecord } from './sink.ts';
import { type TrailSource, TrailTail } from './trail-tail.ts';

/** How long it waits for a record before it looks at the time, in ms. */
const LOOK_MS = 200;
/** A position is written once in so many ms; after a crash, what was sent since is sent again. */
const SAVE_MS = 1000;
/** What the last records get on their way when the gateway stops, in ms. */
const FAREWELL_MS = 3000;

export interface FollowerOptions extends TrailSource {
  /** From 0 up to but not including 1. */
  readonly random: () => number;
  /** Hears when a sink fails, once for each outage, and when it is well again. */
  readonly onChange: (state: SinkState) => void;
  /** Hears of records that were purged, or otherwise removed, before this sink had them. */
  readonly onMissed: (sink: string, records: number) => void;
}

/**
 * Brings a sink what stands in the trail's files, every record at least once and in its order, from where it stood
 * when the last process ended. It holds one chunk of a file and never waits for anything but its own sink.
 */
export class SinkFollower {
  readonly #sink: Sink;
  readonly #options: FollowerOptions;
  readonly #file: PositionFile;
  readonly #backoff: Backoff;
  readonly #closing = new AbortController();
  readonly #ended = new AbortController();
  readonly #done: Promise<void>;
  #tail: TrailTail | undefined;
  /** Read and not handed over: at most a chunk. */
  #pending: readonly TrailRecord[] = [];
  /** The last record that was handed over, the last that need not be sent again, and the last that is noted as such. */
  #handed: Position | undefined;
  #settled: Position | undefined;
  #saved: Position | undefined;
  #unsettledSince: number | undefined;
  #savedAt = Number.NEGATIVE_INFINITY;
  #sequence = 0;
  #failure: string | undefined;
  #unsaved: string | undefined;

  private constructor(sink: Sink, options: FollowerOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#file = new PositionFile(options.dir, sink.name);
    this.#backoff = new Backoff(options.random);
    this.#done = this.#run();
  }

  /** Begins at once. */
  static start(sink: Sink, options: FollowerOptions): SinkFollower {
    return new SinkFollower(sink, options);
  }

  get state(): SinkState {
    const { name } = this.#sink;
    const behind = Math.max(0, this.#options.durable.sequence - this.#sequence);
    const reason = this.#failure ?? this.#unsaved;
    const connected = this.#failure === undefined;
    return { name, connected, behind, ...(reason !== undefined && { reason }) };
  }

  /**
   * Hands over what is durable by now, as far as that goes within `patience` ms, and notes where it stands. To be
   * called once the trail is closed.
   */
  async close(patience = FAREWELL_MS): Promise<void> {
    this.#closing.abort();
    const late = setTimeout(() => this.#ended.abort(), patience);
    await this.#done;
    clearTimeout(late);
    this.#sink.close();
  }

  async #run(): Promise<void> {
    for (;;) {
      try {
        await this.#follow();
        break;
      } catch (error) {
        await this.#failed(error);
        if (this.#closing.signal.aborted) break;
      }
    }
    await this.#tail?.close();
    await this.#save(true);
  }

  /** Until it is told to end, and has nothing more to hand over. */
  async #follow(): Promise<void> {
    this.#tail ??= await this.#begin();
    for (;;) {
      const closing = this.#closing.signal.aborted;
      if (this.#pending.length === 0) this.#pending = await this.#read(this.#tail);
      await this.#deliver();
      const over = closing && this.state.behind === 0;
      await this.#settle(over);
      await this.#save(false);
      if (over || this.#ended.signal.aborted) return;
    }
  }

  /** Opens the files behind the last record that need not be sent again. */
  async #begin(): Promise<TrailTail> {
    if (this.#settled === undefined) this.#settled = this.#saved = this.#handed = await this.#file.read();
    const from = await resume(this.#options, this.#settled);
    this.#sequence = Math.max(0, from - 1);
    return new TrailTail(this.#options, from);
  }

  async #read(tail: TrailTail): Promise<readonly TrailRecord[]> {
    const { missed } = tail;
    const records = await tail.read(LOOK_MS);
    if (tail.missed > missed) this.#options.onMissed(this.#sink.name, tail.missed - missed);
    return records;
  }

  async #deliver(): Promise<void> {
    const last = this.#pending.at(-1);
    if (last === undefined) return;
    await this.#sink.deliver(this.#pending, this.#ended.signal);
    this.#pending = [];
    this.#unsettledSince ??= performance.now();
    this.#handed = last;
    this.#sequence = last.sequence;
    this.#change(undefined);
  }

  async #settle(now: boolean): Promise<void> {
    if (this.#unsettledSince === undefined) return;
    if (!now && performance.now() - this.#unsettledSince < this.#sink.settleAfter) return;
    await this.#sink.settle(this.#ended.signal);
    this.#unsettledSince = undefined;
    this.#settled = this.#handed;
    this.#backoff.succeeded();
  }

  /** That a position cannot be written holds nothing up: at worst the next process sends more of it again. */
  async #save(now: boolean): Promise<void> {
    const position = this.#settled;
    if (position === undefined || position === this.#saved) return;
    if (!now && performance.now() - this.#savedAt < SAVE_MS) return;
    this.#savedAt = performance.now();
    try {
      await this.#file.write(position);
      this.#saved = position;
      this.#unsaved = undefined;
    } catch (error) {
      this.#unsaved = `its position cannot be written: ${textOf(error)}`;
    }
  }

  async #failed(error: unknown): Promise<void> {
    // What waits to be handed over is still at hand, unless something before it has to be sent again, too.
    if (this.#pending.length === 0 || this.#handed !== this.#settled) {
      await this.#tail?.close();
      this.#tail = undefined;
      this.#pending = [];
    }
    this.#unsettledSince = undefined;
    this.#handed = this.#settled;
    this.#sequence = this.#settled?.sequence ?? 0;
    if (this.#ended.signal.aborted) return;
    this.#change(textOf(error));
    await pause(this.#backoff.failed(), this.#closing.signal);
  }

  #change(failure: string | undefined): void {
    const changed = (failure === undefined) !== (this.#failure === undefined);
    this.#failure = failure;
    if (changed) this.#options.onChange(this.state);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : String(error);
}
