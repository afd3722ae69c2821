import type { KeyRing } from '../config/key-ring.ts';
import { errorCode, unless } from '../store/system-error.ts';
import { faultReason, TrailError } from './error.ts';
import type { Files, OpenFile } from './files.ts';
import { CHUNK_BYTES, MAX_HEADER_BYTES, SegmentCipher, TAG_BYTES } from './sealing.ts';
import { segmentPath } from './segment-names.ts';

export interface Source {
  readonly files: Files;
  readonly dir: string;
  readonly keys: KeyRing | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The bytes of a segment's records, wherever they are. */
export interface SegmentBytes {
  /**
   * @returns some bytes from `position`, none at the end
   * @throws TrailError where they cannot be had
   */
  read(position: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens a segment, the plain one where there are both. Undefined where there is neither (any more).
 * @throws TrailError where it cannot be read
 */
export async function openSegment(source: Source, name: string): Promise<SegmentBytes | undefined> {
  const { files, dir } = source;
  const plain = await opened(files, segmentPath(dir, name, 'jsonl'));
  if (plain !== undefined) return { read: (at) => readChunk(plain, at), close: () => plain.close() };
  const sealed = await opened(files, segmentPath(dir, name, 'jsonl.enc'));
  if (sealed === undefined) return undefined;
  try {
    return await SealedBytes.over(sealed, source.keys, name);
  } catch (error) {
    await sealed.close();
    throw error;
  }
}

/** Opens what was signed of a segment, as far as it goes now. */
export async function openCheckpoints(
  { files, dir }: Source,
  name: string,
): Promise<SegmentBytes | undefined> {
  const file = await opened(files, segmentPath(dir, name, 'checkpoints'));
  if (file === undefined) return undefined;
  const { bytes } = await file.stat();
  const read = async (at: number): Promise<Buffer> =>
    (await readChunk(file, at)).subarray(0, Math.max(bytes - at, 0));
  return { read, close: () => file.close() };
}

async function opened(files: Files, path: string): Promise<OpenFile | undefined> {
  try {
    return await unless(['ENOENT'], files.open(path, 'read'));
  } catch (error) {
    const why = errorCode(error) === 'EACCES' ? 'this user may not read it' : faultReason(error);
    throw new TrailError(`${path}: ${why}`, { cause: error });
  }
}

async function readChunk(file: OpenFile, position: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(CHUNK_BYTES);
  return bytes.subarray(0, await file.read(bytes, position));
}

/** A segment as `sealSegment` wrote it; positions are those of the plain text. */
class SealedBytes implements SegmentBytes {
  readonly #file: OpenFile;
  readonly #cipher: SegmentCipher;
  /** Of all chunks. */
  readonly #bytes: number;

  private constructor(file: OpenFile, cipher: SegmentCipher, bytes: number) {
    this.#file = file;
    this.#cipher = cipher;
    this.#bytes = bytes;
  }

  static async over(file: OpenFile, keys: KeyRing | undefined, name: string): Promise<SealedBytes> {
    const start = Buffer.alloc(MAX_HEADER_BYTES);
    const cipher = SegmentCipher.read(keys, start.subarray(0, await file.read(start, 0)), name);
    if ('problem' in cipher) throw new TrailError(cipher.problem);
    const { bytes } = await file.stat();
    return new SealedBytes(file, cipher, bytes - cipher.header.length);
  }

  async read(position: number): Promise<Buffer> {
    const index = Math.floor(position / CHUNK_BYTES);
    const from = index * (CHUNK_BYTES + TAG_BYTES);
    // Only the end of what the last chunk says is the end: a file that was cut off there has none such.
    if (from >= this.#bytes && index > 0 && position % CHUNK_BYTES === 0) return Buffer.alloc(0);
    const until = Math.min(from + CHUNK_BYTES + TAG_BYTES, this.#bytes);
    const chunk = Buffer.alloc(Math.max(until - from, 0));
    await this.#fill(chunk, this.#cipher.header.length + from);
    const plain = this.#cipher.open(chunk, index, until === this.#bytes);
    if (plain === undefined) {
      throw new TrailError(`part ${index + 1} of the encrypted segment was changed, or the file was cut off`);
    }
    return plain.subarray(position - index * CHUNK_BYTES);
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #fill(into: Buffer, position: number): Promise<void> {
    let length = 0;
    while (length < into.length) {
      const read = await this.#file.read(into.subarray(length), position + length);
      if (read === 0) return; // Cut off meanwhile: the chunk does not open.
      length += read;
    }
  }
}
