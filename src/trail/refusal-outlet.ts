import { ByteBudget } from '../audit/byte-budget.ts';
import type { ConnectionFacts } from '../audit/events.ts';
import { recordSize } from '../audit/record-size.ts';
import { RefusalTable } from '../audit/refusals.ts';
import { errorCode } from '../store/system-error.ts';
import type { CommitLoop } from './commit-loop.ts';
import type { Place } from './segment-writer.ts';
import type { Surroundings } from './trail-options.ts';

/** Refusals gather for a second. */
const GATHER_MS = 1000;
/** Bytes that are written at once, and ms to the next: a burst of 1 MiB must not hold the event loop up. */
const SLICE_BYTES = 65_536;
const SLICE_MS = 50;

export interface OutletOptions {
  readonly place: Place;
  readonly loop: CommitLoop;
  /** Bytes of the disk to leave free. */
  readonly reserve: number;
  readonly refusals: { readonly bytesPerSecond: number; readonly burst: number };
  readonly surroundings: Surroundings;
}

/** Tells of refusals as fast as the budget, the disk and its space allow; until then they wait in their table. */
export class RefusalOutlet {
  readonly #options: OutletOptions;
  readonly #table = new RefusalTable();
  readonly #budget: ByteBudget;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: OutletOptions) {
    this.#options = options;
    this.#budget = new ByteBudget(options.refusals);
  }

  add(connection: ConnectionFacts): void {
    if (this.#stopped) return;
    this.#table.add(connection, this.#options.surroundings.now());
    this.#tellIn(GATHER_MS);
  }

  /** Tells all that waits, whatever it takes. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const event of this.#table.drain()) this.#options.loop.record(event);
  }

  #tellIn(ms: number): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => void this.#tell(), ms).unref();
  }

  async #tell(): Promise<void> {
    const { loop, surroundings } = this.#options;
    const hasRoom = loop.state.healthy && (await this.#hasRoom());
    this.#timer = undefined;
    if (this.#stopped) return;
    const allowed = this.#budget.available(surroundings.elapsed());
    const events = hasRoom ? this.#table.due(surroundings.now(), Math.min(allowed, SLICE_BYTES)) : [];
    for (const event of events) {
      this.#budget.spend(recordSize(event));
      loop.record(event);
    }
    if (this.#table.size > 0) this.#tellIn(events.length > 0 && allowed > SLICE_BYTES ? SLICE_MS : GATHER_MS);
  }

  /** Asked once a second, or during a burst. A disk that cannot be asked has none. */
  async #hasRoom(): Promise<boolean> {
    const { place, reserve } = this.#options;
    try {
      return (await place.files.free(place.dir)) >= reserve;
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      return false;
    }
  }
}
