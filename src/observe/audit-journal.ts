import type { AuditEvent, ConnectionFacts } from '../audit/events.ts';
import type { Journal } from '../session/ports.ts';
import type { ConnectionRecord } from '../session/record.ts';
import type { Followed } from '../sql/followed.ts';

/** The audit trail as this journal needs it. Neither waits. */
export interface TrailOfEnds {
  record(event: AuditEvent): void;
  /** One more of possibly very many; alike ones are told together. */
  refused(connection: ConnectionFacts): void;
}

/** Tells the audit trail how connections end. That they are let in, their admission itself puts on record. */
export class AuditJournal implements Journal {
  readonly #trail: TrailOfEnds;

  constructor(trail: TrailOfEnds) {
    this.#trail = trail;
  }

  /** Anybody can open connections: what becomes of them is told when it is known. */
  opened(): void {}

  ended(record: ConnectionRecord): void {
    if (record.admittedAt !== undefined) this.#left(record);
    else if (record.outcome === 'canceled') this.#trail.record({ type: 'canceled', connection: record });
    else this.#trail.refused(record);
  }

  /** A matter for the operational log: the session's end is on record all the same. */
  cancelFailed(): void {}

  /** As above. */
  defect(): void {}

  statement(connection: ConnectionRecord, statement: Followed): void {
    this.#trail.record({ type: 'statement', connection, statement });
  }

  passwordRefused(connection: ConnectionRecord, why: string): void {
    this.#trail.record({ type: 'password-refused', connection, why });
  }

  #left(connection: ConnectionRecord): void {
    const duration = Math.round(performance.now() - connection.acceptedAt);
    this.#trail.record({ type: 'logged-out', connection });
    this.#trail.record({ type: 'connection-closed', connection, duration });
  }
}
