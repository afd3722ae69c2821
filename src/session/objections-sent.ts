import { numberFrom, numberIn } from '../sql/replacement.ts';
import { type ErrorFields, parseErrorFields, rewordError } from '../wire/error-response.ts';
import { FRAME_HEADER_LENGTH } from '../wire/limits.ts';
import { SQLSTATE } from '../wire/sqlstate.ts';
import { ProtocolViolation } from '../wire/violation.ts';

/** More than there are texts; a prepared statement may bring one up again at any time. */
const MOST_REMEMBERED = 1000;

/** An error of ours is a hundred bytes and a translation; longer ones are somebody else's. */
export const MAX_OWN_ERROR = 4096;

/**
 * What was objected to in a session, by the number that stands for it in what was sent upstream: so the upstream's
 * error for it is told from all others, and says to the client what it is about.
 */
export class ObjectionsSent {
  readonly #byNumber = new Map<number, ErrorFields>();
  readonly #random: () => number;
  /** Whether a message was spoilt whose error has not come. */
  #spoilt: ErrorFields | undefined;

  /** @param random unsigned integers of 32 bits that nobody can guess. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether an error that the upstream sends may be one of these. */
  get any(): boolean {
    return this.#spoilt !== undefined || this.#byNumber.size > 0;
  }

  /** One number for each text. */
  numberFor(fields: ErrorFields): number {
    const text = JSON.stringify(fields);
    for (const [number, known] of this.#byNumber) if (JSON.stringify(known) === text) return number;
    const [oldest] = this.#byNumber.keys();
    if (this.#byNumber.size >= MOST_REMEMBERED && oldest !== undefined) this.#byNumber.delete(oldest);
    const number = numberFrom(this.#random());
    this.#byNumber.set(number, fields);
    return number;
  }

  /** A message was made one that the upstream cannot read. */
  spoilt(fields: ErrorFields): void {
    this.#spoilt = fields;
  }

  /** @param frame a whole ErrorResponse. @returns it as the client is to read it; undefined where it is not ours. */
  reworded(frame: Buffer): Buffer | undefined {
    const body = frame.subarray(FRAME_HEADER_LENGTH);
    const error = readFields(body);
    const fields = error && this.#fieldsFor(error);
    return fields && rewordError(body, fields);
  }

  #fieldsFor(error: ReadonlyMap<string, string>): ErrorFields | undefined {
    const sqlstate = error.get('C');
    if (sqlstate === SQLSTATE.invalidParameterValue) {
      const number = numberIn(error.get('M') ?? '');
      return number === undefined ? undefined : this.#byNumber.get(number);
    }
    if (sqlstate !== SQLSTATE.protocolViolation) return undefined;
    const fields = this.#spoilt;
    this.#spoilt = undefined;
    return fields;
  }
}

/** What cannot be read is the client's to wonder about. */
function readFields(body: Buffer): ReadonlyMap<string, string> | undefined {
  try {
    return parseErrorFields(body);
  } catch (error) {
    if (error instanceof ProtocolViolation) return undefined;
    throw error;
  }
}
