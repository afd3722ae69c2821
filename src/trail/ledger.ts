import { type ChainHead, link } from '../audit/chain.ts';
import { checkpointHash, signCheckpoint } from '../audit/checkpoint.ts';
import { MAX_RECORD_LENGTH } from '../audit/record-line.ts';
import type { Entry, Group } from './commit-queue.ts';
import { TrailError } from './error.ts';
import { appendBytes } from './growing-file.ts';
import { segmentName, segmentPath } from './segment-names.ts';
import { demandRoom, type Place, SegmentWriter } from './segment-writer.ts';
import type { SigningKey, Surroundings } from './trail-options.ts';

/** ms between two checkpoints while records flow. */
export const CHECKPOINT_EVERY_MS = 1000;

export interface LedgerOptions {
  readonly place: Place;
  readonly key: SigningKey;
  /** Where recovery found the chain to end. */
  readonly head: ChainHead;
  /** Hash of the last checkpoint's line. */
  readonly previous: string | null;
  readonly segmentBytes: number;
  readonly segmentAge: number;
  readonly clock: Pick<Surroundings, 'now' | 'elapsed'>;
}

/** Lines to write, of which groups they were made, and where the chain ends with them. */
export interface Linked {
  readonly groups: readonly Group[];
  readonly text: string;
  readonly head: ChainHead;
}

/** Records and checkpoints on their way into segments. One call at a time; after a failure, `mend` comes first. */
export class Ledger {
  readonly #options: LedgerOptions;
  #head: ChainHead;
  #previous: string | null;
  #segment: SegmentWriter | undefined;
  /** A segment that failed, closed and not mended yet. */
  #broken: SegmentWriter | undefined;
  #signed: number;
  #signedAt = -Infinity;

  constructor(options: LedgerOptions) {
    this.#options = options;
    this.#head = options.head;
    this.#previous = options.previous;
    this.#signed = options.head.sequence;
  }

  /** Where the durable chain ends. */
  get head(): ChainHead {
    return this.#head;
  }

  /** The segment that is open, or not mended yet. */
  get active(): string | undefined {
    return (this.#segment ?? this.#broken)?.name;
  }

  get dir(): string {
    return this.#options.place.dir;
  }

  /**
   * Makes records of groups.
   * @param unfit hears of a group that no record can be made of: a mistake of ours, which must not stop the rest
   */
  link(groups: readonly Group[], unfit: (group: Group, error: unknown) => void): Linked {
    const taken: Group[] = [];
    let head = this.#head;
    let text = '';
    for (const group of groups) {
      try {
        const linked = linkEntries(group.entries, head);
        head = linked.head;
        text += linked.text;
        taken.push(group);
      } catch (error) {
        unfit(group, error);
      }
    }
    return { groups: taken, text, head };
  }

  /** Resolves once the records are durable. */
  async write({ text, head }: Linked): Promise<void> {
    if (text === '') return;
    await this.#guarded(async () => {
      if (this.#isFull()) await this.#closeSegment();
      this.#segment ??= await SegmentWriter.create(
        this.#options.place,
        segmentName(this.#head.sequence + 1),
        this.#options.clock.elapsed(),
      );
      await this.#segment.append(text);
      this.#head = head;
    });
  }

  /** ms until the next checkpoint is due: 0 now; undefined: everything is signed. */
  get checkpointIn(): number | undefined {
    if (this.#segment === undefined || this.#signed === this.#head.sequence) return undefined;
    return Math.max(this.#signedAt + CHECKPOINT_EVERY_MS - this.#options.clock.elapsed(), 0);
  }

  /** Signs where the chain ends now. */
  async checkpoint(): Promise<void> {
    const segment = this.#segment;
    if (segment !== undefined) await this.#guarded(() => this.#sign(segment, false));
  }

  /** Closes the segment, where it is large or old enough or anyway. */
  async closeSegment(which: 'if full' | 'anyway'): Promise<void> {
    if (which === 'anyway' || this.#isFull()) await this.#guarded(() => this.#closeSegment());
  }

  /**
   * Brings the files back to what is known to be durable, and ends the segment that failed there. The next record
   * begins a new one. May fail, and be called again.
   * @returns bytes cut off, and of which segment; undefined where none had failed
   */
  async mend(): Promise<{ readonly segment: string; readonly tornBytes: number } | undefined> {
    await demandRoom(this.#options.place);
    const broken = this.#broken;
    if (broken === undefined) return undefined;
    const closing = broken.closed || broken.length === 0 ? undefined : this.#statement(broken.name, true);
    const tornBytes = await broken.mend(closing);
    if (closing !== undefined) this.#acceptSignature(closing);
    this.#broken = undefined;
    return { segment: broken.name, tornBytes };
  }

  /** Signs the end of a segment that another process left open. */
  async closeFound(name: string): Promise<void> {
    const { files, dir } = this.#options.place;
    const closing = this.#statement(name, true);
    await appendBytes(files, segmentPath(dir, name, 'checkpoints'), Buffer.from(`${closing}\n`));
    await files.syncDir(dir);
    this.#acceptSignature(closing);
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    if (this.#broken !== undefined) throw new TrailError('the segment that failed is not mended yet');
    try {
      await work();
    } catch (error) {
      const failed = this.#segment;
      this.#segment = undefined;
      this.#broken = failed;
      // Its bytes are not trusted any more, so neither is what closing it says of them.
      await failed?.close().catch(() => undefined);
      throw error;
    }
  }

  async #closeSegment(): Promise<void> {
    const segment = this.#segment;
    if (segment === undefined) return;
    await this.#sign(segment, true);
    segment.closed = true;
    await segment.close();
    this.#segment = undefined;
  }

  async #sign(segment: SegmentWriter, closes: boolean): Promise<void> {
    const line = this.#statement(segment.name, closes);
    await segment.sign(line);
    this.#acceptSignature(line);
  }

  #statement(segment: string, closes: boolean): string {
    const { chain, sequence, last } = this.#head;
    if (last === undefined) throw new TrailError('there is no record to sign');
    const { key, clock } = this.#options;
    const claim = { chain, segment, sequence, fingerprint: last.fingerprint, time: clock.now(), closes };
    return signCheckpoint({ ...claim, previous: this.#previous }, key.privateKey);
  }

  #acceptSignature(line: string): void {
    this.#previous = checkpointHash(line);
    this.#signed = this.#head.sequence;
    this.#signedAt = this.#options.clock.elapsed();
  }

  #isFull(): boolean {
    const segment = this.#segment;
    if (segment === undefined || segment.length === 0) return false;
    const { segmentBytes, segmentAge, clock } = this.#options;
    return segment.length >= segmentBytes || clock.elapsed() - segment.openedAt >= segmentAge;
  }
}

function linkEntries(entries: readonly Entry[], from: ChainHead): { text: string; head: ChainHead } {
  let head = from;
  let text = '';
  for (const { event, time, uid } of entries) {
    const linked = link(event, { time, uid }, head);
    if (Buffer.byteLength(linked.line) > MAX_RECORD_LENGTH) {
      throw new TrailError(`the record of an event ${event.type} is too long to be read again`);
    }
    head = linked.head;
    text += `${linked.line}\n`;
  }
  return { text, head };
}
