import { createHash } from 'node:crypto';
import { withoutSecrets } from './secrets.ts';
import { decoded, type StatementText } from './statement-text.ts';

/** What no secret comes without, as `secrets.ts` knows them. */
const HINTS = /passw|:\/\/|scram-sha|md5|u&|\\/i;
/** The longest hint but one byte. */
const CARRIED = 'scram-sha'.length - 1;

/**
 * A text that is too long to be kept, read as it passes: its beginning, its size, and its hash where nothing hints at
 * a secret in it.
 */
export class LongText {
  readonly #head: Buffer;
  readonly #hash = createHash('sha256');
  #carried = '';
  #bytes = 0;
  #hinted = false;
  #ended = false;

  /** @param head the text's beginning, without an end. */
  constructor(head: Buffer) {
    this.#head = Buffer.from(head);
    this.feed(head);
  }

  /** @param part what follows; all behind a NUL is no text any more. */
  feed(part: Buffer): void {
    if (this.#ended) return;
    const end = part.indexOf(0);
    this.#ended = end >= 0;
    const text = this.#ended ? part.subarray(0, end) : part;
    this.#bytes += text.length;
    this.#hash.update(text);
    if (this.#hinted) return;
    const seen = this.#carried + text.toString('latin1');
    this.#hinted = HINTS.test(seen);
    this.#carried = seen.slice(-CARRIED);
  }

  /** To be asked once, when all of it has come. */
  take(): StatementText {
    const { text, isMasked } = withoutSecrets(this.#head.toString('latin1'));
    return {
      shown: decoded(Buffer.from(text, 'latin1')),
      bytes: this.#bytes,
      isCut: true,
      isMasked,
      hidesParameters: this.#hinted,
      sha256: this.#hinted ? undefined : this.#hash.digest('hex'),
    };
  }
}
