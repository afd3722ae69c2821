import { BACKEND, FRONTEND } from '../wire/frame.ts';

/**
 * Tells which Syncs get no answer: while it reads COPY data a server passes over every Sync (PostgreSQL manual,
 * 54.2.6), also the one that libpq sends along with the command that begins the COPY.
 */
export class CopyWatch {
  /** Whether the upstream reads COPY data, as far as it has told. */
  #copying = false;
  /** Whether a COPY was ended before it had begun here: which command it belongs to cannot be told. */
  #blind = false;
  #syncsBehindCommand = 0;

  /** To be called when the session waits for a statement: what came before is settled. */
  reset(): void {
    this.#blind = false;
  }

  /** @returns whether this message is a Sync that is passed over. */
  clientSends(type: number): boolean {
    switch (type) {
      case FRONTEND.query:
      case FRONTEND.execute:
        this.#syncsBehindCommand = 0;
        return false;
      case FRONTEND.sync:
        if (!this.#copying) this.#syncsBehindCommand += 1;
        return this.#copying;
      case FRONTEND.copyDone:
      case FRONTEND.copyFail:
        if (!this.#copying) this.#blind = true;
        this.#copying = false;
        return false;
      default:
        return false;
    }
  }

  /** @returns how many Syncs, sent before, turn out to have been passed over. */
  upstreamSends(type: number): number {
    // The COPY has failed; the client has to send another Sync, if it is an extended query.
    if (type === BACKEND.errorResponse) this.#copying = false;
    // Where it cannot be told, all Syncs are waited for: the session counts as busy rather than as idle.
    if (type !== BACKEND.copyInResponse || this.#blind) return 0;
    this.#copying = true;
    const passedOver = this.#syncsBehindCommand;
    this.#syncsBehindCommand = 0;
    return passedOver;
  }
}
