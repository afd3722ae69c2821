import type { SqlRules } from '../catalog/model.ts';
import type { StatementKind } from '../sql/ddl.ts';
import { areOthers, couldBeDdl } from '../sql/ddl-words.ts';
import { DozingTracker } from '../sql/dozing-tracker.ts';
import type { Followed } from '../sql/followed.ts';
import { LongText } from '../sql/long-text.ts';
import { parametersOf } from '../sql/parameters.ts';
import { placeOfText, readSent, SENT_TYPES, type Sent } from '../sql/sent.ts';
import { type StatementText, statementText, UNRECORDED } from '../sql/statement-text.ts';
import { sqlstateIn } from '../wire/error-response.ts';
import { BACKEND, FRONTEND } from '../wire/frame.ts';
import { FrameTap } from './frame-tap.ts';
import type { StatementRecording } from './ports.ts';
import type { Visit } from './visit.ts';

/** The largest text that is looked through as a whole, and what is kept of larger ones; in bytes. */
const MAX_TEXT = 64 * 1024;
/** Names of a Bind and the parameters that are shown; two names of an Execute. */
const MAX_BIND = 32 * 1024;
const MAX_NAMES = 256;
/** The longest command tag has 64 bytes (COMPLETION_TAG_BUFSIZE); an error's SQLSTATE is among its first fields. */
const MAX_ANSWER = 512;

const SYNC: Sent = { step: 'sync' };
const DESCRIBE: Sent = { step: 'describe' };

const ANSWERS = [
  BACKEND.parseComplete,
  BACKEND.bindComplete,
  BACKEND.closeComplete,
  BACKEND.rowDescription,
  BACKEND.noData,
  BACKEND.commandComplete,
  BACKEND.emptyQueryResponse,
  BACKEND.portalSuspended,
  BACKEND.copyInResponse,
  BACKEND.copyBothResponse,
  BACKEND.errorResponse,
  BACKEND.readyForQuery,
];

/** Puts a session's statements on record as they turn out. It hears both directions and changes nothing. */
export class StatementWatch {
  readonly fromClient: FrameTap;
  readonly fromUpstream: FrameTap;
  readonly #recording: StatementRecording;
  readonly #tell: (followed: Followed) => void;
  readonly #mode: 'ddl' | 'all';
  readonly #withParameters: boolean;
  readonly #tracker: DozingTracker;
  /** What each text that could be DDL is, once that is known. */
  readonly #kinds = new WeakMap<StatementText, Promise<StatementKind>>();
  #now = 0;
  #long: LongText | undefined;
  #inOrder: Promise<void> = Promise.resolve();

  constructor({ gate, record }: Visit, rules: SqlRules, mode: 'ddl' | 'all') {
    this.#recording = gate.statements;
    this.#tell = (followed) => gate.journal.statement(record, followed);
    this.#mode = mode;
    this.#withParameters = rules.auditParameters;
    this.#tracker = new DozingTracker((followed) => this.#turnedOut(followed), mode === 'ddl');
    const begins = (): void => {
      this.#now = performance.now();
    };
    this.fromClient = new FrameTap({
      types: SENT_TYPES,
      passesBy: (type) => this.#tracker.passesBy(type),
      most: (type) => this.#kept(type),
      begins,
      whole: (type, bytes, start, end) =>
        this.#tracker.sends(type, this.#read(type, bytes.subarray(start, end)), this.#now),
      beyond: (type, part, head) => this.#goesOn(type, part, head),
    });
    this.fromUpstream = new FrameTap({
      types: ANSWERS,
      passesBy: (type) => this.#tracker.answerPassesBy(type),
      most: () => MAX_ANSWER,
      begins,
      whole: (type, bytes, start, end) =>
        this.#tracker.answers(type, () => toldBy(type, bytes.subarray(start, end)), this.#now),
      beyond: () => {},
    });
  }

  /** Whether the client should wait until what it sent was answered, or until records have been written. */
  get crowded(): boolean {
    return this.#tracker.crowded || this.#recording.behind;
  }

  end(): void {
    this.#tracker.end(performance.now());
  }

  #kept(type: number): number {
    if (type === FRONTEND.query || type === FRONTEND.parse) return MAX_TEXT;
    return type === FRONTEND.bind && this.#withParameters ? MAX_BIND : MAX_NAMES;
  }

  #goesOn(type: number, part: Buffer, head: Buffer | undefined): void {
    if (type !== FRONTEND.query && type !== FRONTEND.parse) return;
    if (head !== undefined) this.#long = new LongText(head.subarray(placeOfText(type, head).start));
    this.#long?.feed(part);
  }

  #read(type: number, body: Buffer): Sent {
    if (type === FRONTEND.query || type === FRONTEND.parse) {
      const { name, start, end } = placeOfText(type, body);
      const text = this.#textOf(body.subarray(start, end));
      return type === FRONTEND.parse ? { step: 'parse', statement: name, text } : { step: 'query', text };
    }
    if (type === FRONTEND.sync) return SYNC;
    if (type === FRONTEND.describe) return DESCRIBE;
    const sent = readSent(type, body);
    return sent.step === 'bind' && this.#withParameters ? { ...sent, parameters: parametersOf(body) } : sent;
  }

  #textOf(bytes: Buffer): StatementText {
    const long = this.#long?.take();
    this.#long = undefined;
    if (this.#mode === 'all') return long ?? statementText(bytes);
    if (long === undefined && !couldBeDdl(bytes.toString('latin1'))) return UNRECORDED;
    const text = long ?? statementText(bytes);
    // Of a long one its tags will tell.
    this.#kinds.set(text, long === undefined ? this.#recording.kindOf(bytes) : Promise.resolve('unknown'));
    return text;
  }

  #turnedOut(followed: Followed): void {
    if (this.#mode === 'all') this.#tell(followed);
    else this.#turnedOutOrNot(followed);
  }

  /** With `ddl` it is to be found out first whether it is any. */
  #turnedOutOrNot(followed: Followed): void {
    const { text, tags } = followed;
    if (followed.step === 'sync') return;
    const known = text === undefined ? undefined : this.#kinds.get(text);
    // The next one may be known sooner: records keep the order of the statements.
    this.#inOrder = this.#inOrder.then(async () => {
      const kind = (await known) ?? 'unknown';
      if (kind === 'other' || (kind === 'unknown' && areOthers(tags))) return;
      this.#tell(followed);
    });
  }
}

function toldBy(type: number, body: Buffer): string {
  if (type === BACKEND.commandComplete) {
    const end = body.indexOf(0);
    return body.toString('utf8', 0, end < 0 ? body.length : end);
  }
  return type === BACKEND.errorResponse ? sqlstateIn(body) : '';
}
