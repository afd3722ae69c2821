import type { Logger } from 'pino';
import type { AuditEvent } from '../audit/events.ts';
import type { AdmissionRecorder } from '../session/ports.ts';
import type { ConnectionRecord } from '../session/record.ts';

/** How often the log says that somebody was let in unrecorded, in ms. */
const SAY_AGAIN_MS = 1000;

/** What admissions need of the trail. */
export interface Recordable {
  /** Why it cannot be written now; undefined: it can. */
  readonly obstacle: string | undefined;
  /** Resolves once these, and everything recorded before, are durable. @throws Error saying why not. */
  commit(events: readonly AuditEvent[]): Promise<void>;
}

/** `audit.on_failure: refuse`: nobody is let in who could not be put on record. */
export class StrictAdmissions implements AdmissionRecorder {
  readonly #trail: Recordable;

  constructor(trail: Recordable) {
    this.#trail = trail;
  }

  get obstacle(): string | undefined {
    return this.#trail.obstacle;
  }

  async admit(record: ConnectionRecord): Promise<void> {
    await this.#trail.commit(admissionOf(record));
  }
}

/** `audit.on_failure: admit`: everybody is, and the log is loud about it. */
export class LenientAdmissions implements AdmissionRecorder {
  readonly obstacle = undefined;
  readonly #trail: Recordable;
  readonly #log: Logger;
  #unrecorded = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(trail: Recordable, log: Logger) {
    this.#trail = trail;
    this.#log = log;
  }

  async admit(record: ConnectionRecord): Promise<void> {
    try {
      await this.#trail.commit(admissionOf(record));
    } catch (cause) {
      this.#unrecorded += 1;
      this.#say(cause);
    }
  }

  #say(cause: unknown): void {
    const now = performance.now();
    if (now - this.#saidAt < SAY_AGAIN_MS) return;
    this.#saidAt = now;
    const why = cause instanceof Error ? cause.message : String(cause);
    this.#log.error({ why, sessions: this.#unrecorded }, 'sessions let in without a record');
    this.#unrecorded = 0;
  }
}

/** The connection goes on being filled while its events are written: they tell of it as it is now. */
function admissionOf(record: ConnectionRecord): AuditEvent[] {
  const connection = { ...record };
  const events: AuditEvent[] = [
    { type: 'connection-opened', connection },
    { type: 'logged-in', connection },
  ];
  const { upstream } = connection;
  return upstream === undefined ? events : [...events, { type: 'upstream-connected', connection, upstream }];
}
