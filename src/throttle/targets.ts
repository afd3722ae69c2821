import { Dimension } from './dimension.ts';
import { joined, type LoginKeys } from './keys.ts';
import { type Limits, type Siege, spansOf, type ThrottleSettings } from './limits.ts';
import type { Counter, ThrottleStore } from './ports.ts';

/**
 * Failures by what they are about, a role or a branch, over all strangers together and over a long window: slow
 * guessing from many addresses. One source adds no more than its share, so that no one alone can shut a role.
 */
export class Targets {
  readonly role: Dimension;
  readonly branch: Dimension;
  readonly #limits: Limits;
  readonly #shares: Counter;

  constructor(settings: ThrottleSettings, limits: Limits, store: ThrottleStore) {
    const { slow: window, block } = spansOf(settings);
    this.role = new Dimension('role', { window, block }, store);
    this.branch = new Dimension('branch', { window, block }, store);
    this.#limits = limits;
    this.#shares = store.counter('shares', window);
  }

  /** @returns seconds until strangers are let in again; 0 where they are. */
  async wait({ role, branch }: LoginKeys): Promise<number> {
    return Math.max(...(await Promise.all([this.role.wait(role), this.branch.wait(branch)])));
  }

  /**
   * Counts a stranger's failure.
   * @returns whether there were so many that strangers should have no second try.
   */
  async count({ address, network, role, branch }: LoginKeys): Promise<boolean> {
    // A site's /64s cost nothing: what they add, they add as one.
    const source = network ?? address;
    const roleWary = await this.#countIn(this.role, role, this.#limits.role, source);
    const branchWary = await this.#countIn(this.branch, branch, this.#limits.branch, source);
    return roleWary || branchWary;
  }

  async #countIn(dimension: Dimension, key: string, siege: Siege, source: string): Promise<boolean> {
    const share = (await this.#shares.penalty(joined(source, key))).consumedPoints;
    const failures = share > this.#limits.share ? await dimension.failures(key) : await dimension.count(key);
    // It stays wary afterwards: those who have used up their share would go uncounted.
    if (failures >= siege.closed) await dimension.lockOut(key, failures, siege.wary);
    return failures >= siege.wary;
  }
}
