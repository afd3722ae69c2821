import { BACKEND, FRONTEND } from '../wire/frame.ts';
import type { LengthRule } from '../wire/frame-scanner.ts';
import { FRAME_HEADER_LENGTH } from '../wire/limits.ts';
import { CopyWatch } from './copy-watch.ts';
import { ASKS_FOR_READY } from './owed-answers.ts';

/** ReadyForQuery's status outside a transaction (PostgreSQL manual, 54.7). */
const OUTSIDE_TRANSACTION = 0x49;
const NOWHERE = Number.POSITIVE_INFINITY;

/** What it works on without one, until a Sync comes (manual, 54.2.3). */
const EXTENDED: ReadonlySet<number> = new Set([
  FRONTEND.parse,
  FRONTEND.bind,
  FRONTEND.describe,
  FRONTEND.execute,
  FRONTEND.close,
]);
/** What it may say at any time (manual, 54.2.7). */
const ASYNCHRONOUS: ReadonlySet<number> = new Set([
  BACKEND.noticeResponse,
  BACKEND.notificationResponse,
  BACKEND.parameterStatus,
]);

/**
 * Tells when a session has waited too long for a statement, by its frames' headers and the byte of ReadyForQuery. As
 * PostgreSQL's idle_session_timeout, it never fires in a transaction, nor while an answer is owed, nor in COPY; what
 * comes unasked (LISTEN) does not count. Where it cannot be sure, the session counts as busy.
 */
export class IdleWatch {
  readonly #after: number;
  readonly #fire: () => void;
  readonly #copy = new CopyWatch();
  /** How many ReadyForQuery are still to come. */
  #owed = 0;
  /** Whether the client has begun an extended query and sent no Sync yet. */
  #unsynced = false;
  /** What the last ReadyForQuery said; undefined once something else has followed it. */
  #status: number | undefined = OUTSIDE_TRANSACTION;
  /** Where it stands, counted from the beginning of the upstream's next chunk. */
  #statusAt = NOWHERE;
  #timer: NodeJS.Timeout | undefined;

  /** @param after ms of idleness. */
  constructor(after: number, fire: () => void) {
    this.#after = after;
    this.#fire = fire;
    this.#adjust();
  }

  /** Whether the session waits for a statement, outside a transaction. */
  get idle(): boolean {
    return this.#status === OUTSIDE_TRANSACTION && this.#owed === 0 && !this.#unsynced;
  }

  /** A rule that notices what the client sends as it checks it. */
  fromClient(rule: LengthRule): LengthRule {
    return (type, length, start) => {
      this.#clientSends(type);
      return rule(type, length, start);
    };
  }

  /** The same for the upstream's side. */
  fromUpstream(rule: LengthRule): LengthRule {
    return (type, length, start) => {
      this.#upstreamSends(type, start);
      return rule(type, length, start);
    };
  }

  /** To be called with each chunk of the upstream's, once its headers were seen. */
  upstreamSent(chunk: Buffer): void {
    if (this.#statusAt < chunk.length) {
      this.#status = chunk.readUInt8(this.#statusAt);
      this.#statusAt = NOWHERE;
    }
    this.#statusAt -= chunk.length;
    this.#adjust();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #clientSends(type: number): void {
    // Whoever speaks is there, even where it means nothing, as COPY data behind a COPY that failed.
    this.stop();
    if (this.idle) this.#copy.reset();
    if (EXTENDED.has(type)) this.#unsynced = true;
    const passedOver = this.#copy.clientSends(type);
    if (ASKS_FOR_READY.has(type) && !passedOver) {
      this.#owed += 1;
      this.#unsynced = false;
    }
    this.#adjust();
  }

  #upstreamSends(type: number, start: number): void {
    if (ASYNCHRONOUS.has(type)) return;
    this.#status = undefined;
    this.#statusAt = NOWHERE;
    this.#owed -= this.#copy.upstreamSends(type);
    if (type === BACKEND.readyForQuery) {
      this.#owed = Math.max(0, this.#owed - 1);
      this.#statusAt = start + FRAME_HEADER_LENGTH;
    }
  }

  #adjust(): void {
    if (!this.idle) this.stop();
    else this.#timer ??= setTimeout(this.#fire, this.#after);
  }
}
