import { MIN_LENGTH } from './shape.ts';

/** Letters and digits: nothing in it needs an escape in a URL, a shell or a connection string. */
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const BITS_PER_CHARACTER = Math.log2(ALPHABET.length);

/** Bytes at and above this would make some characters likelier than others. */
const FAIR_BYTES = 256 - (256 % ALPHABET.length);

/** Neon's floor for a password, and what is generated where nobody says otherwise. */
export const MIN_BITS = 60;
export const DEFAULT_BITS = 128;

/**
 * A random password of letters and digits, as short as the bits and the rule for passwords (shape.ts) allow. With
 * fewer bits than the default one in some hundred has words in it by chance, for which `rate` refuses it.
 * @param randomBytes a source of that many secure random bytes.
 * @param bits entropy to reach, at least 60.
 * @throws RangeError for less.
 */
export function generatePassword(randomBytes: (length: number) => Uint8Array, bits = DEFAULT_BITS): string {
  if (!(bits >= MIN_BITS)) throw new RangeError(`a password has at least ${MIN_BITS} bits`);
  const length = Math.max(MIN_LENGTH, Math.ceil(bits / BITS_PER_CHARACTER));
  let password = '';
  while (password.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < FAIR_BYTES && password.length < length) password += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return password;
}
