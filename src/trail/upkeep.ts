import { readCheckpoint } from '../audit/checkpoint.ts';
import type { Actor } from '../audit/events.ts';
import type { KeyRing } from '../config/key-ring.ts';
import type { CommitLoop } from './commit-loop.ts';
import { faultReason } from './error.ts';
import { readTail } from './file-tail.ts';
import type { Ledger } from './ledger.ts';
import { sealSegment } from './seal-segment.ts';
import { listSegments, type Segment, segmentPath } from './segment-names.ts';
import type { Place } from './segment-writer.ts';
import type { SigningKey, Surroundings } from './trail-options.ts';

const EVERY_MS = 3_600_000;
/** So many names fit well into one record. */
const MAX_PURGED = 500;
/** Several checkpoints. */
const CHECKPOINT_WINDOW = 4096;

/** What a purge took away. */
export interface Purged {
  /** Names, the oldest first. */
  readonly segments: readonly string[];
}

export interface UpkeepOptions {
  readonly place: Place;
  readonly loop: CommitLoop;
  readonly ledger: Ledger;
  readonly signingKey: SigningKey;
  readonly keys?: KeyRing | undefined;
  readonly retention: number;
  readonly surroundings: Surroundings;
  readonly onProblem?: (text: string) => void;
}

/** The last record of a segment. */
interface End {
  readonly sequence: number;
  /** ms since 1970; of its closing, which is never earlier. */
  readonly time: number;
}

/** Deletes segments that are too old and encrypts those that are closed: at the start, every hour, and on demand. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #stopping = new AbortController();
  readonly #timer: NodeJS.Timeout;
  /** One piece of work at a time. */
  #work: Promise<unknown> = Promise.resolve();
  #isAwake = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.wake(), EVERY_MS).unref();
  }

  /** Looks what there is to do, soon. */
  wake(): void {
    if (this.#isAwake || this.#stopping.signal.aborted) return;
    this.#isAwake = true;
    this.#work = this.#work
      .then(() => {
        this.#isAwake = false;
        return this.#tidy();
      })
      .catch((error: unknown) => this.#tell(error));
  }

  async purge(before: number, by: Actor): Promise<Purged> {
    const purging = this.#work.then(() => this.#purge(before, by));
    this.#work = purging.catch(() => undefined); // Told to who asked for it; what comes next goes on all the same.
    return await purging;
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await this.#work;
  }

  async #tidy(): Promise<void> {
    const { loop, retention, surroundings } = this.#options;
    loop.kick(); // It closes a segment that is too old.
    await this.#purge(surroundings.now() - retention, { kind: 'gateway', name: 'retention' });
    await this.#seal();
  }

  async #purge(before: number, by: Actor): Promise<Purged> {
    const purged: string[] = [];
    for (;;) {
      const due = await this.#endedBefore(before);
      const upTo = due.at(-1)?.end;
      if (upTo === undefined || this.#stopping.signal.aborted) return { segments: purged };
      const segments = due.map(({ name }) => name);
      // First, so that a segment that is missing was never removed by us without a word.
      await this.#options.loop.commit([{ type: 'trail-purged', segments, upTo, by }]);
      for (const name of segments) await this.#remove(name);
      await this.#options.place.files.syncDir(this.#options.place.dir);
      purged.push(...segments);
    }
  }

  /** The oldest closed segments without a gap, as many as one record can name. */
  async #endedBefore(before: number): Promise<{ name: string; end: End }[]> {
    const { place, ledger } = this.#options;
    const segments = await listSegments(place.files, place.dir);
    const due: { name: string; end: End }[] = [];
    for (const [index, segment] of segments.entries()) {
      if (segment.name === ledger.active || due.length === MAX_PURGED) break;
      const next = segments[index + 1]?.first ?? ledger.head.sequence + 1;
      const end = await this.#endOf(segment, next - 1);
      if (end.time >= before) break;
      due.push({ name: segment.name, end });
    }
    return due;
  }

  /** As its closing checkpoint says; without one, as the file's time does. */
  async #endOf({ name, kinds }: Segment, last: number): Promise<End> {
    const { place, signingKey, surroundings } = this.#options;
    const { files, dir } = place;
    const tail = await readTail(files, segmentPath(dir, name, 'checkpoints'), CHECKPOINT_WINDOW);
    const line = tail?.lines.at(-1)?.text;
    const read = line === undefined ? undefined : readCheckpoint(line, signingKey.publicKey);
    if (read !== undefined && 'sequence' in read && read.closes && read.segment === name) return read;
    const facts = await files.stat(segmentPath(dir, name, kinds.has('jsonl') ? 'jsonl' : 'jsonl.enc'));
    return { sequence: last, time: facts?.modified ?? surroundings.now() };
  }

  async #remove(name: string): Promise<void> {
    const { files, dir } = this.#options.place;
    for (const kind of ['jsonl', 'jsonl.enc', 'torn', 'sealing'] as const) {
      await files.remove(segmentPath(dir, name, kind));
    }
  }

  /** The segment with the last durable record stays plain: a start finds the end of the chain there. */
  async #seal(): Promise<void> {
    const { place, ledger, keys, surroundings } = this.#options;
    if (keys === undefined) return;
    const { chain } = ledger.head;
    const { randomBytes } = surroundings;
    const { signal } = this.#stopping;
    const segments = await listSegments(place.files, place.dir);
    for (const [index, { name, kinds }] of segments.entries()) {
      const next = segments[index + 1];
      if (next === undefined || next.first > ledger.head.sequence || signal.aborted) return;
      if (kinds.has('jsonl')) await sealSegment(place, { name, chain, keys, randomBytes, signal });
    }
  }

  #tell(error: unknown): void {
    if (this.#stopping.signal.aborted) return;
    this.#options.onProblem?.(`the audit trail could not be tidied: ${faultReason(error)}`);
  }
}
