import {
  type CipherGCMTypes,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { KeyRing } from '../config/key-ring.ts';

/** Bytes of plain text in each chunk but the last. */
export const CHUNK_BYTES = 65_536;
/** What a chunk grows by: GCM's tag (NIST SP 800-38D, 5.2.1.2). */
export const TAG_BYTES = 16;
/** A header is far shorter; nothing longer is read. */
export const MAX_HEADER_BYTES = 1024;

const CIPHER: CipherGCMTypes = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const FORMAT = 'portcullis-audit-segment-v1';
const HEADER =
  /^\{"format":"portcullis-audit-segment-v1","key":"([A-Za-z0-9][A-Za-z0-9_.-]{0,31})","chain":"([\w.-]{1,128})","segment":"(\d{16})","salt":"([A-Za-z0-9+/]{43}=)"\}\n$/;

/**
 * One encrypted segment: a header line, then chunks of AES-256-GCM in the STREAM construction (Hoang, Reyhanitabar,
 * Rogaway, Vizár, CRYPTO 2015): the nonce is the chunk's number and whether it is the last, so that none can be
 * changed, left out, moved or cut off. Each segment has a key of its own, HKDF-SHA-256 (RFC 5869) of the ring's key and
 * a random salt, so that nonces may begin at 0. The header, with chain and segment, is authenticated with each chunk.
 */
export class SegmentCipher {
  readonly header: Buffer;
  readonly #key: KeyObject;

  private constructor(header: Buffer, ringKey: KeyObject, salt: Buffer) {
    this.header = header;
    this.#key = createSecretKey(Buffer.from(hkdfSync('sha256', ringKey, salt, FORMAT, KEY_BYTES)));
  }

  /** For a new encryption, under the ring's current key. @param randomBytes as node:crypto's */
  static create(
    ring: KeyRing,
    of: { readonly chain: string; readonly segment: string },
    randomBytes: (length: number) => Buffer,
  ): SegmentCipher {
    const { id, key } = ring.current;
    const salt = randomBytes(SALT_BYTES);
    const { chain, segment } = of;
    const header = JSON.stringify({ format: FORMAT, key: id, chain, segment, salt: salt.toString('base64') });
    return new SegmentCipher(Buffer.from(`${header}\n`), key, salt);
  }

  /**
   * For one that stands in a file.
   * @param start the file's beginning, the whole header line at least
   */
  static read(
    ring: KeyRing | undefined,
    start: Buffer,
    name: string,
  ): SegmentCipher | { readonly problem: string } {
    const header = start.subarray(0, start.indexOf('\n') + 1);
    const [, id, , segment, salt] = HEADER.exec(header.toString('latin1')) ?? [];
    if (id === undefined || salt === undefined)
      return { problem: 'the encrypted segment has no header of ours' };
    if (segment !== name) return { problem: `the encrypted segment is another one, ${segment}` };
    const key = ring?.all.get(id)?.key;
    if (key === undefined) {
      return { problem: `the segment is encrypted with key ${id}, which the key file lacks: put it back` };
    }
    return new SegmentCipher(header, key, Buffer.from(salt, 'base64'));
  }

  seal(chunk: Buffer, index: number, isLast: boolean): Buffer {
    const cipher = createCipheriv(CIPHER, this.#key, nonce(index, isLast), { authTagLength: TAG_BYTES });
    cipher.setAAD(this.header);
    return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
  }

  /** Undefined where it is not this chunk of this segment, unchanged. */
  open(chunk: Buffer, index: number, isLast: boolean): Buffer | undefined {
    if (chunk.length < TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, this.#key, nonce(index, isLast), { authTagLength: TAG_BYTES });
    decipher.setAAD(this.header);
    decipher.setAuthTag(chunk.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(chunk.subarray(0, -TAG_BYTES)), decipher.final()]);
    } catch {
      return undefined; // OpenSSL has one word for all that can be wrong with it.
    }
  }
}

function nonce(index: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(NONCE_BYTES);
  bytes.writeUInt32BE(index, NONCE_BYTES - 5);
  bytes.writeUInt8(isLast ? 1 : 0, NONCE_BYTES - 1);
  return bytes;
}
