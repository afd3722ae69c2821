import type { AuditEvent } from '../audit/events.ts';
import { CommitQueue, type Entry, type Group } from './commit-queue.ts';
import type { TrailLock } from './directory.ts';
import { DurableMark } from './durable-mark.ts';
import { faultReason, TrailError, TrailUnavailable } from './error.ts';
import type { Ledger, Linked } from './ledger.ts';
import { pause } from './pause.ts';
import { segmentName } from './segment-names.ts';
import type { Surroundings, TrailState } from './trail-options.ts';

/** ms that a stop waits for everything that is left: less than the gateway's drain. */
const STOP_MS = 5000;
/** ms by which a timer may be late where nothing holds the process up, and ms that the disk gets where it was. */
const LATE_MS = 100;
const GRACE_MS = 500;
/** Records that are written at once. Making them takes about 10 ms, in which the event loop does nothing else. */
const MAX_BATCH = 200;

/** Records that wait when whoever sends statements is slowed down: written in some 50 ms, before any login waits long. */
const BEHIND = 4 * MAX_BATCH;
/** ms that records wait for others where nobody waits for them: less writing, and a commit takes them along. */
const LINGER_MS = 50;

export interface LoopParts {
  readonly ledger: Ledger;
  readonly lock: TrailLock;
  readonly surroundings: Surroundings;
  readonly onState: (state: TrailState) => void;
  /** A new segment has its first durable record. */
  readonly onSegment: () => void;
}

/** Group commit: while one batch is on its way to the disk, the next one gathers. */
export class CommitLoop {
  readonly durable: DurableMark;
  readonly #parts: LoopParts;
  readonly #queue = new CommitQueue((event) => this.#entry(event));
  #state: TrailState = { healthy: true };
  /** What is on its way to the disk. */
  #writing: readonly Group[] = [];
  #running: Promise<void> | undefined;
  #stopped = false;
  #probing: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #checkpoint: NodeJS.Timeout | undefined;
  #lingering: NodeJS.Timeout | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.durable = new DurableMark(parts.ledger.head.sequence);
  }

  get state(): TrailState {
    return this.#state;
  }

  /** Whether those who record much should wait a little. Not while nothing can be written: that would be for long. */
  get behind(): boolean {
    return this.#state.healthy && this.#queue.size > BEHIND;
  }

  record(event: AuditEvent): void {
    if (this.#stopped) return;
    this.#queue.add({ entries: [this.#entry(snapshot(event))], waiting: undefined });
    if (this.#running === undefined) this.#linger();
  }

  commit(events: readonly AuditEvent[]): Promise<void> {
    if (this.#stopped) return Promise.reject(new TrailUnavailable('the audit trail is closed'));
    if (!this.#state.healthy) return Promise.reject(new TrailUnavailable(this.#state.reason));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { since: this.#parts.surroundings.elapsed(), resolve, reject };
    const entries = events.map((event) => this.#entry(event));
    if (!this.#queue.add({ entries, waiting })) {
      reject(new TrailUnavailable('too many records wait for the disk of the audit trail'));
    }
    this.#watch();
    this.kick();
    return promise;
  }

  /** Begins to work on what there is to do; what is called in the same tick is written together. */
  kick(): void {
    if (this.#running === undefined && this.#state.healthy) void this.#begin(() => this.#workOff());
  }

  /** Writes what waits and closes the segment, as far as the disk lets it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#probing);
    this.kick();
    const settled = async (): Promise<void> => {
      await this.#idle();
      if (!this.#state.healthy) await this.#begin(() => this.#restore());
      await this.#idle();
      if (this.#state.healthy) await this.#begin(() => this.#parts.ledger.closeSegment('anyway'));
    };
    const given = new AbortController();
    await Promise.race([settled(), pause(STOP_MS, given.signal)]);
    given.abort();
    clearTimeout(this.#deadline);
    clearTimeout(this.#checkpoint);
    clearTimeout(this.#lingering);
  }

  async #idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  #begin(work: () => Promise<void>): Promise<void> {
    this.#running = this.#run(work);
    return this.#running;
  }

  async #run(work: () => Promise<void>): Promise<void> {
    await Promise.resolve();
    try {
      await work();
      this.#change({ healthy: true });
    } catch (error) {
      this.#fail(error);
    }
    this.#running = undefined;
    if (!this.#state.healthy) return;
    // Anybody who waits came while the last batch was on its way.
    if (!this.#queue.empty) this.kick();
    else this.#awaitCheckpoint();
  }

  async #workOff(): Promise<void> {
    const { ledger } = this.#parts;
    for (;;) {
      const groups = this.#queue.take(MAX_BATCH);
      if (groups.length > 0) await this.#writeKept(groups);
      if (ledger.checkpointIn === 0) await ledger.checkpoint();
      if (groups.length > 0) continue;
      return await ledger.closeSegment('if full');
    }
  }

  async #writeKept(groups: readonly Group[]): Promise<void> {
    const linked = this.#parts.ledger.link(groups, (group, error) => this.#drop(group, error));
    try {
      await this.#write(linked);
    } catch (error) {
      this.#queue.putBack(linked.groups);
      throw error;
    }
  }

  async #write(linked: Linked): Promise<void> {
    const { ledger, onSegment } = this.#parts;
    const before = ledger.active;
    this.#writing = linked.groups;
    await ledger.write(linked);
    this.#writing = [];
    this.durable.advance(ledger.head.sequence);
    for (const { waiting } of linked.groups) waiting?.resolve();
    this.#change({ healthy: true });
    if (ledger.active !== before) onSegment();
  }

  #drop({ entries, waiting }: Group, error: unknown): void {
    if (waiting === undefined) this.#queue.lose(entries);
    else waiting.reject(new TrailUnavailable(faultReason(error), { cause: error }));
  }

  /** Makes the files good again, and shows that they are with a first record. */
  async #restore(): Promise<void> {
    const { ledger, lock } = this.#parts;
    await lock.keep();
    const mended = await ledger.mend();
    const segment = mended?.segment ?? segmentName(ledger.head.sequence + 1);
    const entry = this.#entry({ type: 'recovered', segment, tornBytes: mended?.tornBytes ?? 0 });
    await this.#write(
      ledger.link([{ entries: [entry], waiting: undefined }], (_group, error) => {
        throw error;
      }),
    );
  }

  #fail(error: unknown): void {
    this.#refuseWaiting(this.#reason(error));
    this.#writing = [];
    if (this.#stopped) return;
    clearTimeout(this.#probing);
    this.#probing = setTimeout(() => {
      if (this.#running === undefined) void this.#begin(() => this.#restore());
    }, this.#parts.surroundings.probeEvery).unref();
  }

  #refuseWaiting(reason: string): void {
    const since = this.#state.healthy ? this.#parts.surroundings.now() : this.#state.since;
    this.#change({ healthy: false, reason, since });
    const waiting = [...this.#writing.flatMap((group) => group.waiting ?? []), ...this.#queue.takeWaiting()];
    for (const each of waiting) each.reject(new TrailUnavailable(reason));
  }

  #change(state: TrailState): void {
    const before = this.#state;
    this.#state = state;
    const isSame = before.healthy ? state.healthy : !state.healthy && state.reason === before.reason;
    if (!isSame) this.#parts.onState(state);
  }

  /** Looks after those who wait, with one timer for all of them. */
  #watch(): void {
    const since = this.#waitingSince();
    if (this.#deadline === undefined && since !== undefined)
      this.#judgeAt(since + this.#parts.surroundings.commitDeadline);
  }

  /** @param due on the clock of deadlines */
  #judgeAt(due: number): void {
    const { elapsed, commitDeadline } = this.#parts.surroundings;
    const judge = (): void => {
      this.#deadline = undefined;
      const oldest = this.#waitingSince();
      if (oldest === undefined) return;
      const now = elapsed();
      if (now - oldest < commitDeadline) this.#watch();
      // The process was held up, not the disk: what the disk has answered meanwhile is still to be heard.
      else if (now - due > LATE_MS) this.#judgeAt(now + GRACE_MS);
      else
        this.#refuseWaiting(
          this.#reason(new TrailError(`the disk has not answered for ${commitDeadline} ms: look at it`)),
        );
    };
    this.#deadline = setTimeout(judge, due - elapsed()).unref();
  }

  #waitingSince(): number | undefined {
    return this.#writing.find(({ waiting }) => waiting)?.waiting?.since ?? this.#queue.waitingSince;
  }

  /** As for the checkpoint, one timer for many: to stop it and begin anew with each commit costs more than to look in vain. */
  #linger(): void {
    this.#lingering ??= setTimeout(() => {
      this.#lingering = undefined;
      if (!this.#queue.empty) this.kick();
    }, LINGER_MS);
  }

  #awaitCheckpoint(): void {
    const due = this.#parts.ledger.checkpointIn;
    if (due === undefined || this.#stopped) return;
    this.#checkpoint ??= setTimeout(() => {
      this.#checkpoint = undefined;
      this.kick();
    }, Math.ceil(due)).unref();
  }

  #entry(event: AuditEvent): Entry {
    const { now, randomUUID } = this.#parts.surroundings;
    return { event: snapshot(event), time: now(), uid: randomUUID() };
  }

  #reason(fault: unknown): string {
    return `the audit trail in ${this.#parts.ledger.dir} cannot be written: ${faultReason(fault)}`;
  }
}

/** What is known of a connection grows while the record waits. */
function snapshot(event: AuditEvent): AuditEvent {
  return 'connection' in event ? { ...event, connection: { ...event.connection } } : event;
}
