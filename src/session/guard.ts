import type { LoginAttempt, Verdict } from '../throttle/attempt.ts';
import { lockedOut } from './refusals.ts';
import type { Way } from './route.ts';
import type { Visit } from './visit.ts';

/** The throttle of failed logins, as one login meets it. Every verdict against it ends the login the same way. */
export class Guard {
  readonly #visit: Visit;
  readonly #attempt: LoginAttempt;

  constructor(visit: Visit, { place, endpoint, role }: Way) {
    this.#visit = visit;
    this.#attempt = {
      address: visit.source.address,
      place: place ? { kind: 'branch', name: place.branch.id } : { kind: 'endpoint', name: endpoint ?? '' },
      role,
    };
  }

  /** Before any credential is looked at. @throws Refusal where the client is locked out. */
  async check(): Promise<void> {
    await this.#heed(this.#visit.gate.throttle.logins.check(this.#attempt));
  }

  /** Counts a proof that was found wrong. @throws Refusal where the lock-out came first. */
  async failed(): Promise<void> {
    await this.#heed(this.#visit.gate.throttle.logins.failed(this.#attempt));
  }

  /** @throws Refusal where a lock-out began while this proof was on its way. */
  async succeeded(): Promise<void> {
    await this.#heed(this.#visit.gate.throttle.logins.succeeded(this.#attempt));
  }

  async #heed(asked: Promise<Verdict>): Promise<void> {
    const verdict = await this.#visit.client.unlessAborted(asked);
    if (!verdict.allowed) throw lockedOut(verdict.retryAfterSeconds);
  }
}
