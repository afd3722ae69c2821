import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';
import type { SecretOwner } from './secret-owner.ts';

const CIPHER = 'aes-256-gcm';
/** NIST SP 800-38D, 8.2.1: 96 bits; random ones are good for 2^32 secrets a key (8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Passwords and SCRAM keys are far shorter. */
const MAX_SEALED_LENGTH = 8192;

const PREFIX = 'sealed:v1:';
const SEALED = /^sealed:v1:([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):([A-Za-z0-9_-]{16}):([A-Za-z0-9_-]{22,})$/;

export function isSealed(text: string): boolean {
  return text.startsWith('sealed:');
}

/**
 * Seals a secret under the ring's current key (AES-256-GCM): `sealed:v1:<key id>:<nonce>:<ciphertext and tag>`,
 * both base64url. The version, the key's id and the owner are bound to it as associated data.
 * @param randomBytes as node:crypto's; every sealing takes a fresh nonce from it.
 */
export function seal(
  ring: KeyRing,
  { secret, owner }: { readonly secret: string; readonly owner: SecretOwner },
  randomBytes: (length: number) => Buffer,
): string {
  const { id, key } = ring.current;
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData(id, owner));
  const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return `${PREFIX}${id}:${nonce.toString('base64url')}:${sealed.toString('base64url')}`;
}

/** Opens what `seal` made for this owner with any key of the ring. A problem never holds key, secret or sealed text. */
export function unseal(
  ring: KeyRing,
  text: string,
  owner: SecretOwner,
): { readonly text: string } | { readonly problem: string } {
  const [, id, nonce, encoded] = (text.length <= MAX_SEALED_LENGTH && SEALED.exec(text)) || [];
  if (id === undefined || nonce === undefined || encoded === undefined) {
    return { problem: 'the sealed text is damaged: set the secret again' };
  }
  const key = ring.all.get(id)?.key;
  if (key === undefined) {
    return {
      problem: `sealed with key ${id}, which the key file lacks: put it back, or set the secret again`,
    };
  }
  const bytes = Buffer.from(encoded, 'base64url');
  // Another spelling of the same bytes would open as well, and be taken for unchanged.
  if (bytes.toString('base64url') !== encoded)
    return { problem: 'the sealed text is damaged: set the secret again' };
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(nonce, 'base64url'), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(associatedData(id, owner));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const opened = Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
    return { text: opened.toString('utf8') };
  } catch {
    return {
      problem: `does not open with key ${id}: sealed for another record, or it or the key was changed: set it again`,
    };
  }
}

/** An id has no space in it, so that no two pairs give the same. */
function associatedData(id: string, owner: SecretOwner): Buffer {
  return Buffer.from(`portcullis sealed v1 ${id} ${owner}`);
}
