import { BACKEND } from '../wire/frame.ts';
import { type Followed, rowsOf, type StatementOutcome } from './followed.ts';
import { lengthOf, Prepared, weightOf } from './prepared.ts';
import { MASK } from './secrets.ts';
import type { Sent } from './sent.ts';
import { UNRECORDED } from './statement-text.ts';

/** Messages that may wait for their answers before the client is held up: more than PostgreSQL answers in a buffer of 8 KiB. */
const MANY_PENDING = 4096;
/** Texts and parameters of such messages, in bytes; those beyond are not remembered. */
const MAX_PENDING_BYTES = 256 * 1024;
const MAX_TAGS = 100;
/** Statements that are told one by one when a session ends in their midst. */
const MAX_UNANSWERED = 100;

/** What each of these answers. */
const ANSWERED: ReadonlyMap<number, Sent['step']> = new Map([
  [BACKEND.parseComplete, 'parse'],
  [BACKEND.bindComplete, 'bind'],
  [BACKEND.closeComplete, 'close'],
  [BACKEND.rowDescription, 'describe'],
  [BACKEND.noData, 'describe'],
]);

interface Pending {
  readonly sent: Sent;
  readonly at: number;
  tags: string[];
  sqlstate: string | undefined;
}

/**
 * Follows both directions of a session as PostgreSQL works them off, one message after the other (manual, 54.2), and
 * tells of each statement what became of it, in their order:
 * - after an error in the extended protocol everything up to the next Sync is passed over (54.2.3);
 * - while COPY data is read, Syncs are passed over, until CopyDone or CopyFail (54.2.6); these mean nothing elsewhere;
 * - a simple Query ends with its ReadyForQuery, an Execute with its tag, its suspension or its error.
 */
export class StatementTracker {
  readonly #tell: (followed: Followed) => void;
  readonly #queue: Pending[] = [];
  readonly #prepared = new Prepared();
  /** What those that are passed over would have prepared, so that their texts are known. */
  readonly #passedOver = new Prepared();
  #pendingBytes = 0;
  #discarding = false;
  #copying = false;
  /** When the last answer was complete. */
  #free = 0;

  constructor(tell: (followed: Followed) => void) {
    this.#tell = tell;
  }

  /** Whether so much waits for answers that the client should wait, too. */
  get crowded(): boolean {
    return this.#queue.length >= MANY_PENDING;
  }

  /** Whether everything was answered, and nothing that is recorded can be run unless it is prepared anew. */
  get isIdle(): boolean {
    return this.#queue.length === 0 && !this.#discarding && !this.#copying && this.#prepared.isIdle;
  }

  /** A message of the client's. @param now ms, on any clock that only goes forward. */
  sends(sent: Sent, now: number): void {
    if (this.#copying && (sent.step === 'sync' || sent.step === 'copy-end')) {
      this.#copying = sent.step === 'sync';
      return;
    }
    const pending = { sent: this.#bounded(sent), at: now, tags: [], sqlstate: undefined };
    if (this.#discarding && sent.step !== 'sync') this.#discard(pending, now);
    else if (sent.step !== 'copy-end' || this.#queue.length > 0) this.#add(pending);
  }

  /** A message of PostgreSQL's. @param text asked for the command tag, or an error's SQLSTATE, where it is needed. */
  answers(type: number, text: () => string, now: number): void {
    const [head] = this.#queue;
    if (head === undefined) return;
    switch (type) {
      case BACKEND.commandComplete:
      case BACKEND.emptyQueryResponse:
      case BACKEND.portalSuspended:
        this.#completed(head, type, text, now);
        break;
      case BACKEND.copyInResponse:
      case BACKEND.copyBothResponse:
        this.#copyIn();
        break;
      case BACKEND.errorResponse:
        this.#failed(head, text(), now);
        break;
      case BACKEND.readyForQuery:
        this.#ready(head, now);
        break;
      default:
        if (ANSWERED.get(type) === head.sent.step) this.#tookEffect(head, now);
    }
  }

  #tookEffect({ sent }: Pending, now: number): void {
    this.#prepared.apply(sent);
    this.#next(now);
  }

  /** The session is over. */
  end(now: number): void {
    const left = this.#queue.splice(0);
    const more = left.filter(({ sent }) => isRun(sent)).length - MAX_UNANSWERED;
    let told = 0;
    for (const pending of left) {
      this.#prepared.apply(pending.sent);
      if (!isRun(pending.sent) || told === MAX_UNANSWERED) continue;
      told += 1;
      const outcome = pending.sqlstate === undefined ? 'unanswered' : 'failed';
      this.#emit(pending, outcome, now, told === MAX_UNANSWERED && more > 0 ? more : undefined);
    }
  }

  #bounded(sent: Sent): Sent {
    if (this.#pendingBytes + bytesOf(sent) <= MAX_PENDING_BYTES) return sent;
    if (sent.step === 'bind') return { ...sent, parameters: undefined };
    return sent.step === 'query' || sent.step === 'parse' ? { ...sent, text: undefined } : sent;
  }

  #add(pending: Pending): void {
    this.#queue.push(pending);
    this.#pendingBytes += bytesOf(pending.sent);
    if (pending.sent.step === 'sync') this.#endOfDiscard();
  }

  #endOfDiscard(): void {
    this.#discarding = false;
    this.#passedOver.clear();
  }

  /** The head of the queue is answered. */
  #next(now: number): void {
    this.#free = now;
    this.#drop();
    // An end of COPY, come when there was none: the server passes over it.
    while (this.#queue[0]?.sent.step === 'copy-end') this.#drop();
  }

  #drop(): void {
    const pending = this.#queue.shift();
    if (pending !== undefined) this.#pendingBytes -= bytesOf(pending.sent);
  }

  #completed(head: Pending, type: number, tag: () => string, now: number): void {
    const { step } = head.sent;
    if (step !== 'query' && step !== 'execute') return;
    this.#copying = false;
    const isSilent = this.#prepared.behind(head.sent).text === UNRECORDED;
    if (!isSilent && type !== BACKEND.portalSuspended && head.tags.length < MAX_TAGS) head.tags.push(tag());
    if (step === 'query') return;
    this.#emit(head, type === BACKEND.portalSuspended ? 'suspended' : 'done', now);
    this.#next(now);
  }

  /** What comes next from the client, up to the end of COPY, is data, and Syncs that nobody answers. */
  #copyIn(): void {
    this.#copying = true;
    while (this.#copying && this.#queue.length > 1) {
      const [next] = this.#queue.splice(1, 1);
      if (next === undefined) break;
      this.#pendingBytes -= bytesOf(next.sent);
      this.#copying = next.sent.step !== 'copy-end';
    }
  }

  #failed(head: Pending, sqlstate: string, now: number): void {
    this.#copying = false;
    head.sqlstate = sqlstate;
    const { step } = head.sent;
    // Its ReadyForQuery is still to come.
    if (step === 'query' || step === 'call') return;
    this.#emit(head, 'failed', now);
    if (step === 'sync') return;
    this.#passedOver.apply(head.sent, this.#prepared);
    this.#next(now);
    this.#discarding = true;
    for (let [next] = this.#queue; next !== undefined && next.sent.step !== 'sync'; [next] = this.#queue) {
      this.#discard(next, now);
      this.#drop();
    }
    if (this.#queue.length > 0) this.#endOfDiscard();
  }

  #discard(pending: Pending, now: number): void {
    const { sent } = pending;
    if (isRun(sent)) this.#emit(pending, 'discarded', now);
    else this.#passedOver.apply(sent, this.#prepared);
  }

  /** A server that is ready has answered everything up to one that asks for it. */
  #ready(head: Pending, now: number): void {
    this.#copying = false;
    const { step } = head.sent;
    if (step === 'query' || step === 'call') {
      this.#emit(head, head.sqlstate === undefined ? 'done' : 'failed', now);
      this.#next(now);
    } else this.#upToSync(now);
  }

  /** More than the Sync: what was followed is not what the server did, as with Syncs amid COPY data behind an error. */
  #upToSync(now: number): void {
    for (let [next] = this.#queue; next !== undefined; [next] = this.#queue) {
      if (isRun(next.sent)) this.#emit(next, 'unanswered', now);
      this.#next(now);
      if (next.sent.step === 'sync') break;
    }
  }

  #emit(pending: Pending, outcome: StatementOutcome, now: number, more?: number): void {
    const { sent, tags, sqlstate, at } = pending;
    if (sent.step === 'copy-end') return;
    const { text, parameters: given } =
      outcome === 'discarded' ? this.#passedOver.behind(sent, this.#prepared) : this.#prepared.behind(sent);
    if (text === UNRECORDED) return;
    const parameters = text?.hidesParameters === false ? given : given?.map(() => MASK);
    const counts = tags.map(rowsOf).filter((count) => count !== undefined);
    const rows = counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
    const duration = outcome === 'discarded' ? 0 : now - Math.max(at, this.#free);
    this.#tell({ step: sent.step, text, parameters, outcome, tags, rows, sqlstate, duration, more });
  }
}

/** Whether it runs a statement. */
function isRun({ step }: Sent): boolean {
  return step === 'query' || step === 'execute' || step === 'call';
}

/** Bytes in memory, about, of what a client may make as long as it likes. */
function bytesOf(sent: Sent): number {
  if (sent.step === 'bind') return lengthOf(sent.parameters);
  return sent.step === 'query' || sent.step === 'parse' ? weightOf(sent.text) : 0;
}
