import { isUtf8 } from 'node:buffer';
import { holdsSecret, MASK } from './secrets.ts';
import { nameAt } from './sent.ts';

/** Parameters of a Bind that a record has, and bytes of each. */
const MAX_PARAMETERS = 100;
const MAX_BYTES = 256;
/** What stands for the rest. */
const MORE = '…';

/**
 * The values of a Bind (manual, 54.7): texts as they are, others as `\x…`, NULL as `NULL`; cut where they are long.
 * @param body it may be only its beginning; values that did not come stand as one `…`.
 */
export function parametersOf(body: Buffer): string[] {
  const reader = new Reader(body, nameAt(body, nameAt(body, 0).next).next);
  const given = reader.int16();
  const formats = Array.from({ length: Math.min(given, MAX_PARAMETERS) }, () => reader.int16());
  reader.bytes(2 * (given - formats.length));
  const count = reader.int16();
  const shown: string[] = [];
  for (let n = 0; n < count; n += 1) {
    const length = n < MAX_PARAMETERS ? reader.int32() : undefined;
    const bytes = length === undefined || length < 0 ? undefined : reader.bytes(length);
    if (length === undefined || (bytes === undefined && length >= 0)) return [...shown, MORE];
    const isBinary = (formats.length === 1 ? formats[0] : formats[n]) === 1;
    shown.push(bytes === undefined ? 'NULL' : textOf(bytes, isBinary));
  }
  return shown;
}

function textOf(bytes: Buffer, isBinary: boolean): string {
  const kept = bytes.subarray(0, MAX_BYTES);
  const more = kept.length < bytes.length ? MORE : '';
  if (isBinary || !isUtf8(bytes)) return `\\x${kept.toString('hex')}${more}`;
  const text = bytes.toString('utf8');
  return holdsSecret(text) ? MASK : text.slice(0, MAX_BYTES) + (text.length > MAX_BYTES ? MORE : '');
}

class Reader {
  readonly #body: Buffer;
  #at: number;

  constructor(body: Buffer, at: number) {
    this.#body = body;
    this.#at = at;
  }

  /** 0 where it is missing. */
  int16(): number {
    const bytes = this.bytes(2);
    return bytes === undefined ? 0 : bytes.readUInt16BE(0);
  }

  int32(): number | undefined {
    return this.bytes(4)?.readInt32BE(0);
  }

  bytes(length: number): Buffer | undefined {
    const end = this.#at + length;
    if (end > this.#body.length) {
      this.#at = this.#body.length;
      return undefined;
    }
    const bytes = this.#body.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
