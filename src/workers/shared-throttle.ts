import { type Address, formatAddress } from '../allowlist/address.ts';
import type { Allowlist } from '../allowlist/allowlist.ts';
import type { Throttle } from '../session/ports.ts';
import { notAnswered } from '../session/refusals.ts';
import { ALLOWED, type LoginAttempt, type Verdict } from '../throttle/attempt.ts';
import { type Standing, verdict, type WorkerAsks } from './messages.ts';
import type { Post } from './post.ts';

type LoginStep = Extract<WorkerAsks, { type: 'login' }>['step'];

/**
 * The throttle of all workers together, which the primary has. Whoever cannot be asked about is refused. While nobody
 * is locked out, which is known in advance, nobody needs to be asked about either before he has shown what he knows:
 * what he then shows, right or wrong, the primary judges again.
 */
export class SharedThrottle implements Throttle {
  readonly logins: Throttle['logins'];
  readonly cancels: Throttle['cancels'];
  readonly #post: Post;
  readonly #exempt: Allowlist;
  readonly #standing: () => Standing;

  /** @param exempt addresses that neither count nor are blocked. */
  constructor(post: Post, exempt: Allowlist, standing: () => Standing) {
    this.#post = post;
    this.#exempt = exempt;
    this.#standing = standing;
    this.logins = {
      check: async (attempt) => (this.#someLockedOut ? await this.#login('check', attempt) : ALLOWED),
      failed: (attempt) => this.#login('failed', attempt),
      succeeded: (attempt) => this.#login('succeeded', attempt),
    };
    this.cancels = {
      check: async (address) => (this.#someLockedOut ? await this.#cancel('check', address) : ALLOWED),
      failed: async (address) => {
        await this.#cancel('failed', address);
      },
    };
  }

  get #someLockedOut(): boolean {
    return this.#standing().lockouts;
  }

  async #login(step: LoginStep, { address, place, role }: LoginAttempt): Promise<Verdict> {
    if (this.#exempt.admits(address)) return ALLOWED;
    return await this.#ask({
      type: 'login',
      step,
      attempt: { address: formatAddress(address), place, role },
    });
  }

  async #cancel(step: 'check' | 'failed', address: Address): Promise<Verdict> {
    if (this.#exempt.admits(address)) return ALLOWED;
    return await this.#ask({ type: 'cancel', step, address: formatAddress(address) });
  }

  async #ask(question: WorkerAsks): Promise<Verdict> {
    try {
      return verdict.parse(await this.#post.ask(question));
    } catch (cause) {
      throw notAnswered('nobody could say whether the address is locked out', cause);
    }
  }
}
