import type { Journal } from '../session/ports.ts';
import type { ConnectionRecord } from '../session/record.ts';
import type { Followed } from '../sql/followed.ts';

/** Several journals that hear the same, in their order. */
export class Journals implements Journal {
  readonly #journals: readonly Journal[];

  constructor(...journals: readonly Journal[]) {
    this.#journals = journals;
  }

  opened(record: ConnectionRecord): void {
    for (const journal of this.#journals) journal.opened(record);
  }

  ended(record: ConnectionRecord): void {
    for (const journal of this.#journals) journal.ended(record);
  }

  cancelFailed(record: ConnectionRecord, cause: unknown): void {
    for (const journal of this.#journals) journal.cancelFailed(record, cause);
  }

  statement(record: ConnectionRecord, statement: Followed): void {
    for (const journal of this.#journals) journal.statement(record, statement);
  }

  passwordRefused(record: ConnectionRecord, why: string): void {
    for (const journal of this.#journals) journal.passwordRefused(record, why);
  }

  defect(record: ConnectionRecord, cause: unknown): void {
    for (const journal of this.#journals) journal.defect(record, cause);
  }
}
