import type { KeyRing } from '../config/key-ring.ts';
import { TrailError } from './error.ts';
import type { OpenFile } from './files.ts';
import { writeAll } from './growing-file.ts';
import { CHUNK_BYTES, SegmentCipher } from './sealing.ts';
import { segmentPath } from './segment-names.ts';
import type { Place } from './segment-writer.ts';

export interface SealWish {
  readonly name: string;
  readonly chain: string;
  readonly keys: KeyRing;
  readonly randomBytes: (length: number) => Buffer;
  readonly signal: AbortSignal;
}

/**
 * Encrypts a closed segment and removes the plain one. Wherever it is broken off, one whole copy is there: the
 * encrypted one gets its name only once it is durable. What stands under that name while the plain one is there
 * was put there by an earlier try, or by somebody else, and is replaced.
 */
export async function sealSegment(place: Place, wish: SealWish): Promise<void> {
  const { files, dir } = place;
  const draft = segmentPath(dir, wish.name, 'sealing');
  const plain = segmentPath(dir, wish.name, 'jsonl');
  await files.remove(draft);
  const from = await files.open(plain, 'read');
  try {
    const to = await files.open(draft, 'create');
    try {
      await encrypt(from, to, wish);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
  await files.rename(draft, segmentPath(dir, wish.name, 'jsonl.enc'));
  await files.syncDir(dir);
  await files.remove(plain);
  await files.syncDir(dir);
}

async function encrypt(from: OpenFile, to: OpenFile, wish: SealWish): Promise<void> {
  const { bytes } = await from.stat();
  const cipher = SegmentCipher.create(wish.keys, { chain: wish.chain, segment: wish.name }, wish.randomBytes);
  await writeAll(to, cipher.header);
  const chunks = Math.max(Math.ceil(bytes / CHUNK_BYTES), 1);
  for (let index = 0; index < chunks; index += 1) {
    wish.signal.throwIfAborted();
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES));
    await readAll(from, chunk, index * CHUNK_BYTES);
    await writeAll(to, cipher.seal(chunk, index, index === chunks - 1));
  }
  await to.datasync();
}

async function readAll(file: OpenFile, into: Buffer, position: number): Promise<void> {
  let length = 0;
  while (length < into.length) {
    const read = await file.read(into.subarray(length), position + length);
    if (read === 0) throw new TrailError('a closed segment became shorter: leave the files to the gateway');
    length += read;
  }
}
