import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { withoutSecrets } from './secrets.ts';

/** Bytes of a statement that a record shows; of what is longer it has size and hash. */
export const MAX_SHOWN = 4096;

/** What names a password, or may do so in escapes. */
const HIDING = /passw|u&"/i;

/** A statement's text as it may be recorded: without secrets, bounded. */
export interface StatementText {
  readonly shown: string;
  /** Of the whole text, as it came. */
  readonly bytes: number;
  /** Whether `shown` is only its beginning. */
  readonly isCut: boolean;
  /** Whether secrets were left out of it. */
  readonly isMasked: boolean;
  /** Whether its parameters could be secrets, as it names a password. */
  readonly hidesParameters: boolean;
  /**
   * Where it is cut: SHA-256 of the whole text without its secrets, lower-case hex. Undefined where the text was too
   * long to be looked through and could hold one.
   */
  readonly sha256?: string | undefined;
}

/** Stands for every text that is not to be recorded; nothing is told of it. */
export const UNRECORDED: StatementText = {
  shown: '',
  bytes: 0,
  isCut: false,
  isMasked: false,
  hidesParameters: true,
};

/** @param text whole, without its NUL, in whatever encoding. */
export function statementText(text: Buffer): StatementText {
  const latin1 = text.toString('latin1');
  const { text: kept, isMasked } = withoutSecrets(latin1);
  const bytes = isMasked ? Buffer.from(kept, 'latin1') : text;
  const isCut = bytes.length > MAX_SHOWN;
  const sha256 = isCut ? createHash('sha256').update(bytes).digest('hex') : undefined;
  return {
    shown: decoded(bytes),
    bytes: text.length,
    isCut,
    isMasked,
    hidesParameters: HIDING.test(latin1),
    sha256,
  };
}

/** UTF-8 where it is, else latin1; cut between two characters. */
export function decoded(bytes: Buffer, most = MAX_SHOWN): string {
  let end = Math.min(bytes.length, most);
  // A byte 10xxxxxx goes on with a character (RFC 3629, section 3).
  if (end < bytes.length) while (end > 0 && (bytes.readUInt8(end) & 0xc0) === 0x80) end -= 1;
  const shown = bytes.subarray(0, end);
  return shown.toString(isUtf8(shown) ? 'utf8' : 'latin1');
}
