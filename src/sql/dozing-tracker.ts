import { BACKEND, FRONTEND } from '../wire/frame.ts';
import type { Followed } from './followed.ts';
import type { Sent } from './sent.ts';
import { UNRECORDED } from './statement-text.ts';
import { StatementTracker } from './statement-tracker.ts';

/** Messages that are noticed at most since everything was answered, before all of them are followed after all. */
const MANY = 64;
/** Marks a type as PostgreSQL's. */
const ANSWER = 0x100;

/** Their texts decide, or they change what stands behind names: they are read even while the tracker dozes. */
const READ_ALWAYS: ReadonlySet<number> = new Set([
  FRONTEND.query,
  FRONTEND.parse,
  FRONTEND.close,
  FRONTEND.functionCall,
]);

/** What is taken for a message of which the type alone was noticed: a step of something that is not recorded. */
const NOTICED: ReadonlyMap<number, Sent> = new Map<number, Sent>([
  [FRONTEND.query, { step: 'query', text: UNRECORDED }],
  [FRONTEND.bind, { step: 'bind', portal: '', statement: '', parameters: undefined, text: UNRECORDED }],
  [FRONTEND.describe, { step: 'describe' }],
  [FRONTEND.execute, { step: 'execute', portal: '' }],
  [FRONTEND.sync, { step: 'sync' }],
  [FRONTEND.copyDone, { step: 'copy-end' }],
  [FRONTEND.copyFail, { step: 'copy-end' }],
]);

/**
 * A StatementTracker that is awake only while there may be something to tell: where few texts are recorded, most
 * sessions never have one. Between them it notices types, no more, and forgets them whenever everything is answered;
 * as soon as a text is to be recorded it works off what was noticed, and follows on. At worst it tells, with a text
 * that is not known, of an Execute whose portal was named while it dozed; it never tells of less.
 */
export class DozingTracker {
  readonly #tracker: StatementTracker;
  readonly #noticed = new Uint16Array(MANY);
  #count = 0;
  /** Where in what was noticed the messages behind the last Sync or Query begin. */
  #behind = 0;
  /** Answers that are ReadyForQuery and still to come. */
  #owed = 0;
  readonly #dozes: boolean;
  #awake: boolean;

  /** @param dozes whether few texts are recorded. */
  constructor(tell: (followed: Followed) => void, dozes: boolean) {
    this.#tracker = new StatementTracker(tell);
    this.#dozes = dozes;
    this.#awake = !dozes;
  }

  /** As the tracker's; while it dozes there is never much. */
  get crowded(): boolean {
    return this.#tracker.crowded;
  }

  /** The header of a client's message. @returns whether its type was all there is to know. */
  passesBy(type: number): boolean {
    if (this.#awake || READ_ALWAYS.has(type)) return false;
    return this.#notice(type, type === FRONTEND.sync);
  }

  /** The same for a message of PostgreSQL's. */
  answerPassesBy(type: number): boolean {
    if (this.#awake) return false;
    if (type !== BACKEND.readyForQuery) return this.#notice(type | ANSWER, false);
    if (this.#owed > 1) return this.#notice(type | ANSWER, false) && this.#answered();
    this.#owed = 0;
    this.#forgetAnswered();
    return true;
  }

  /** A message of the client's that was read. */
  sends(type: number, sent: Sent, now: number): void {
    const isNothing = sent.step === 'query' && sent.text === UNRECORDED;
    if (!this.#awake && (isNothing || !READ_ALWAYS.has(type)) && this.#noticedWhole(type)) return;
    this.#wake(now);
    this.#tracker.sends(sent, now);
  }

  /** @param text asked for the command tag, or an error's SQLSTATE, where it is needed. */
  answers(type: number, text: () => string, now: number): void {
    if (!this.#awake && this.answerPassesBy(type)) return;
    this.#wake(now);
    this.#tracker.answers(type, text, now);
    if (type === BACKEND.readyForQuery && this.#dozes && this.#tracker.isIdle) this.#awake = false;
  }

  end(now: number): void {
    if (!this.#awake) this.#wake(now);
    this.#tracker.end(now);
  }

  #noticedWhole(type: number): boolean {
    return this.#notice(type, type === FRONTEND.sync || type === FRONTEND.query);
  }

  /** @returns false where there is no room: then it has to be followed. */
  #notice(what: number, owesReady: boolean): boolean {
    if (this.#count === MANY) return false;
    this.#noticed[this.#count] = what;
    this.#count += 1;
    if (owesReady) {
      this.#owed += 1;
      this.#behind = this.#count;
    }
    return true;
  }

  /** All up to the last Sync or Query: what the client has sent behind it is still to be answered. */
  #forgetAnswered(): void {
    const waiting = this.#noticed.subarray(this.#behind, this.#count).filter((what) => what < ANSWER);
    this.#noticed.set(waiting);
    this.#count = waiting.length;
    this.#behind = 0;
  }

  #answered(): boolean {
    this.#owed -= 1;
    return true;
  }

  #wake(now: number): void {
    if (this.#awake) return;
    this.#awake = true;
    for (const what of this.#noticed.subarray(0, this.#count)) {
      if (what >= ANSWER) this.#tracker.answers(what - ANSWER, () => '', now);
      else this.#follow(what, now);
    }
    this.#count = 0;
    this.#behind = 0;
    this.#owed = 0;
  }

  #follow(type: number, now: number): void {
    const sent = NOTICED.get(type);
    if (sent !== undefined) this.#tracker.sends(sent, now);
  }
}
