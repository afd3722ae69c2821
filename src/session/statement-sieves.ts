import type { Branch } from '../catalog/model.ts';
import { tooLarge } from '../sql/objections.ts';
import { couldSetPassword, PasswordWords } from '../sql/password-words.ts';
import type { UpstreamSession } from '../upstream/open-session.ts';
import { BACKEND, FRONTEND } from '../wire/frame.ts';
import { FRAME_HEADER_LENGTH } from '../wire/limits.ts';
import { FrameSieve, type Instead, type Interest, type SieveRules } from './frame-sieve.ts';
import { MAX_OWN_ERROR, ObjectionsSent } from './objections-sent.ts';
import type { OwedAnswers } from './owed-answers.ts';
import { SqlPolicy } from './sql-policy.ts';
import type { Visit } from './visit.ts';

/** The largest message that is held back to be judged, in bytes; what could set a password and is larger is refused. */
const MAX_JUDGED = 1024 * 1024;
/** Up to here it is held back without being counted. */
const UNCOUNTED = 64 * 1024;
/** Longer than `client_encoding` and the name of any encoding. */
const MAX_PARAMETER = 256;

/** Types that are looked at: statements, and what is said of encodings and errors. */
const ASKING = [FRONTEND.query, FRONTEND.parse];
const TELLING = [BACKEND.parameterStatus, BACKEND.errorResponse];

/** Looks into both directions of a session for statements that set passwords, and their errors. */
export class StatementSieves {
  readonly fromClient: FrameSieve;
  readonly fromUpstream: FrameSieve;
  readonly #visit: Visit;
  readonly #answers: OwedAnswers;
  readonly #objections: ObjectionsSent;
  readonly #policy: SqlPolicy;
  /** Of each statement on its way to be judged: whether everything before it was answered. */
  readonly #alone: boolean[] = [];
  #reserved = 0;
  #encoding: string | undefined;
  #words = new PasswordWords();

  constructor(visit: Visit, branch: Branch, session: UpstreamSession, answers: OwedAnswers) {
    this.#visit = visit;
    this.#answers = answers;
    this.#objections = new ObjectionsSent(() => visit.gate.randomBytes(4).readUInt32BE(0));
    this.#policy = new SqlPolicy(visit, branch, this.#objections);
    this.fromClient = new FrameSieve(this.#clientRules());
    this.fromUpstream = new FrameSieve(this.#upstreamRules());
    for (const { type, body } of session.greeting) if (type === BACKEND.parameterStatus) this.#note(body);
    visit.atEnd(() => this.#release(this.#reserved));
  }

  #clientRules(): SieveRules {
    return {
      types: ASKING,
      mayInterest: () => true,
      interest: (_, length) => this.#weigh(length),
      whole: (bytes, start, end) => this.#lookAt(bytes, start, end),
      part: (part, isFirst) => this.#spoilIfNeeded(part, isFirst),
    };
  }

  #upstreamRules(): SieveRules {
    const objections = this.#objections;
    const mayInterest = (type: number): boolean => type === BACKEND.parameterStatus || objections.any;
    return {
      types: TELLING,
      mayInterest,
      interest: (type, length) => {
        const most = type === BACKEND.errorResponse ? MAX_OWN_ERROR : MAX_PARAMETER;
        return mayInterest(type) && length <= most ? 'whole' : 'none';
      },
      whole: (bytes, start, end) => {
        const frame = bytes.subarray(start, end);
        if (frame.readUInt8(0) === BACKEND.errorResponse) return objections.reworded(frame);
        this.#note(frame.subarray(FRAME_HEADER_LENGTH));
        return undefined;
      },
      part: (part) => part,
    };
  }

  #weigh(length: number): Interest {
    if (length > UNCOUNTED) {
      if (length > MAX_JUDGED || !this.#visit.gate.heldBytes.reserve(length)) return 'parts';
      this.#reserved += length;
    }
    this.#alone.push(!this.#answers.busy);
    return 'whole';
  }

  #lookAt(bytes: Buffer, start: number, end: number): Instead | undefined {
    const alone = this.#alone.shift() === true;
    const length = end - start - 1;
    if (length > UNCOUNTED) this.#release(length);
    if (!couldSetPassword(bytes, start, end)) return undefined;
    const frame = bytes.subarray(start, end);
    return () => this.#policy.judged(frame, { encoding: this.#encoding, alone });
  }

  #release(bytes: number): void {
    this.#reserved -= bytes;
    this.#visit.gate.heldBytes.release(bytes);
  }

  /**
   * Of a message that cannot be held back, all is overwritten from the end of the last word on that it takes to set a
   * password. Its text then ends there, with more bytes behind it than may be, and the upstream refuses the message
   * before it reads the text (pq_getmsgend, src/backend/libpq/pqformat.c).
   */
  #spoilIfNeeded(part: Buffer, isFirst: boolean): Buffer {
    if (isFirst) this.#words = new PasswordWords();
    if (this.#words.complete) return part.fill(0);
    const end = this.#words.feed(part);
    if (end < 0) return part;
    const fields = tooLarge();
    this.#objections.spoilt(fields);
    this.#visit.gate.journal.passwordRefused(this.#visit.record, fields.message);
    part.fill(0, Math.max(0, end - 1));
    return part;
  }

  /** @param body of a ParameterStatus. */
  #note(body: Buffer): void {
    const [name, value] = body.toString('latin1').split('\0');
    if (name === 'client_encoding') this.#encoding = value;
  }
}
