import { randomBytes, randomUUID } from 'node:crypto';
import type { Actor, AuditEvent, ConnectionFacts } from '../audit/events.ts';
import { takeLock } from '../store/lock.ts';
import { errorCode } from '../store/system-error.ts';
import { CommitLoop } from './commit-loop.ts';
import { prepareDirectory, TrailLock } from './directory.ts';
import type { DurableMark } from './durable-mark.ts';
import { faultReason, TrailError } from './error.ts';
import { Ledger } from './ledger.ts';
import { nodeFiles } from './node-files.ts';
import { recover } from './recovery.ts';
import { RefusalOutlet } from './refusal-outlet.ts';
import type { Surroundings, TrailOptions, TrailState } from './trail-options.ts';
import { type Purged, Upkeep } from './upkeep.ts';

const MEBIBYTE = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const DEFAULTS: Required<
  Pick<TrailOptions, 'segmentBytes' | 'segmentAge' | 'retention' | 'reserve' | 'refusals'>
> = {
  segmentBytes: 64 * MEBIBYTE,
  segmentAge: DAY_MS,
  retention: 30 * DAY_MS,
  reserve: 64 * MEBIBYTE,
  refusals: { bytesPerSecond: 4096, burst: MEBIBYTE },
};

const SYSTEM: Surroundings = {
  files: nodeFiles,
  now: Date.now,
  elapsed: () => performance.now(),
  randomUUID,
  randomBytes,
  lock: takeLock,
  commitDeadline: 2000,
  probeEvery: 1000,
};

interface Parts {
  readonly lock: TrailLock;
  readonly loop: CommitLoop;
  readonly refusals: RefusalOutlet;
  readonly upkeep: Upkeep;
}

/** The audit trail, for whoever writes it: one process, one object. */
export class Trail {
  readonly #parts: Parts;
  #closing: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Takes the directory's lock, mends what a crash left, and goes on with the chain.
   * @throws TrailError
   */
  static async open(options: TrailOptions): Promise<Trail> {
    const surroundings = { ...SYSTEM, ...options.surroundings };
    const place = { files: surroundings.files, dir: options.dir };
    await prepareDirectory(place);
    const lock = await TrailLock.take(place, surroundings.lock);
    try {
      return new Trail(await assemble({ ...DEFAULTS, ...options }, surroundings, lock));
    } catch (error) {
      await lock.release();
      throw errorCode(error) === undefined ? error : unopened(options.dir, error);
    }
  }

  get state(): TrailState {
    return this.#parts.loop.state;
  }

  /** Whether more waits to be written than is written at once; never while it cannot be written at all. */
  get behind(): boolean {
    return this.#parts.loop.behind;
  }

  /** What followers in this process wait for: how far the trail is durable. */
  get durable(): DurableMark {
    return this.#parts.loop.durable;
  }

  /** Queued; never waits; kept in bounded memory while the disk fails, then counted as lost. */
  record(event: AuditEvent): void {
    this.#parts.loop.record(event);
  }

  /**
   * Resolves once these and everything recorded before are durable. All of them are written, or none, but for this:
   * where a disk answers late, records may be found in the trail although the commit was rejected.
   * @param events must not change any more; those of `record` may.
   * @throws TrailUnavailable at once while the trail cannot be written, within 2 s otherwise
   */
  commit(events: readonly AuditEvent[]): Promise<void> {
    return this.#parts.loop.commit(events);
  }

  /** Counted and told later, with others alike, as space and the budget allow. */
  refused(connection: ConnectionFacts): void {
    this.#parts.refusals.add(connection);
  }

  /**
   * Deletes the closed segments whose last record is older than `before` (ms since 1970), and records that first.
   * @throws TrailUnavailable where that cannot be recorded; nothing is deleted then
   */
  async purge(before: number, by: Actor): Promise<Purged> {
    return await this.#parts.upkeep.purge(before, by);
  }

  /**
   * Writes what waits, signs the closing checkpoint, gives the lock back; in 5 s, whatever the disk does. What is recorded
   * afterwards is dropped. A second call waits for the first.
   */
  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    const { lock, loop, refusals, upkeep } = this.#parts;
    await upkeep.stop();
    refusals.stop();
    await loop.stop();
    await lock.release();
  }
}

function unopened(dir: string, error: unknown): TrailError {
  return new TrailError(`the audit trail in ${dir} cannot be opened: ${faultReason(error)}`, {
    cause: error,
  });
}

async function assemble(
  { surroundings: _given, ...options }: TrailOptions & typeof DEFAULTS,
  surroundings: Surroundings,
  lock: TrailLock,
): Promise<Parts> {
  const { dir, signingKey: key, segmentBytes, segmentAge } = options;
  const place = { files: surroundings.files, dir };
  const found = await recover(place, key, surroundings.randomUUID);
  const { head, previous } = found;
  const ledger = new Ledger({ place, key, head, previous, segmentBytes, segmentAge, clock: surroundings });
  if (found.unclosed !== undefined) await ledger.closeFound(found.unclosed);
  const onState = options.onState ?? (() => undefined);
  const onSegment = (): void => upkeep.wake();
  const loop = new CommitLoop({ ledger, lock, surroundings, onState, onSegment });
  for (const torn of found.torn) loop.record({ type: 'recovered', ...torn });
  const refusals = new RefusalOutlet({ place, loop, surroundings, ...options });
  const upkeep = new Upkeep({ place, loop, ledger, surroundings, ...options });
  upkeep.wake();
  return { lock, loop, refusals, upkeep };
}
