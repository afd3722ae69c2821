import { TrailError } from './error.ts';
import type { Files } from './files.ts';
import { appendBytes, cutBack, GrowingFile } from './growing-file.ts';
import { segmentPath } from './segment-names.ts';

/** The disk must have room for more than the next few records before a full one counts as mended. */
const MIN_FREE = 256 * 1024;

export interface Place {
  readonly files: Files;
  readonly dir: string;
}

/** The segment that is being written: its records, and what is signed of them. */
export class SegmentWriter {
  readonly name: string;
  /** On the clock of deadlines, ms. */
  readonly openedAt: number;
  /** Whether its closing checkpoint is durable. */
  closed = false;
  readonly #place: Place;
  readonly #records: GrowingFile;
  readonly #checkpoints: GrowingFile;

  private constructor(
    place: Place,
    at: { name: string; openedAt: number },
    files: { records: GrowingFile; checkpoints: GrowingFile },
  ) {
    this.#place = place;
    this.name = at.name;
    this.openedAt = at.openedAt;
    this.#records = files.records;
    this.#checkpoints = files.checkpoints;
  }

  /** Makes the segment's files, durably. */
  static async create(place: Place, name: string, openedAt: number): Promise<SegmentWriter> {
    const { files, dir } = place;
    const path = segmentPath(dir, name, 'jsonl');
    // Left by a try that failed behind this point; one with records in it is in the way.
    if ((await files.stat(path))?.bytes === 0) await files.remove(path);
    const records = await GrowingFile.open(files, path, 'create');
    try {
      const checkpoints = await GrowingFile.open(files, segmentPath(dir, name, 'checkpoints'), 'append');
      await files.syncDir(dir);
      return new SegmentWriter(place, { name, openedAt }, { records, checkpoints });
    } catch (error) {
      await records.close();
      throw error;
    }
  }

  /** Bytes of records. */
  get length(): number {
    return this.#records.length;
  }

  async append(lines: string): Promise<void> {
    await this.#records.append(Buffer.from(lines));
  }

  async sign(checkpoint: string): Promise<void> {
    await this.#checkpoints.append(Buffer.from(`${checkpoint}\n`));
  }

  async close(): Promise<void> {
    await Promise.all([this.#records.close(), this.#checkpoints.close()]);
  }

  /**
   * After a failure, with the files closed: takes back what is not known to be durable, and signs the end.
   * May fail, and be called again.
   * @returns bytes of records cut off
   */
  async mend(closing: string | undefined): Promise<number> {
    const { files, dir } = this.#place;
    const torn = await cutBack(files, this.#records, this.length);
    await cutBack(files, this.#checkpoints, this.#checkpoints.length);
    if (this.length === 0) await this.#removeEmpty();
    else if (closing !== undefined)
      await appendBytes(files, this.#checkpoints.path, Buffer.from(`${closing}\n`));
    await files.syncDir(dir);
    return torn;
  }

  /** Its name is the next segment's. */
  async #removeEmpty(): Promise<void> {
    const { files } = this.#place;
    const found = await files.stat(this.#records.path);
    if (found?.identity === this.#records.identity) await files.remove(this.#records.path);
  }
}

/** @throws TrailError where the disk is as good as full */
export async function demandRoom({ files, dir }: Place): Promise<void> {
  if ((await files.free(dir)) < MIN_FREE) throw new TrailError('no space is left on the disk: make room');
}
