import type { Address } from '../allowlist/address.ts';
import { ALLOWED, type Verdict, verdictOf } from './attempt.ts';
import { Dimension } from './dimension.ts';
import { type Limits, limitsOf, spansOf, type ThrottleSettings } from './limits.ts';
import type { ThrottleStore } from './ports.ts';
import { addressPrefix, networkPrefix } from './prefixes.ts';

/**
 * Slows down the guessing of cancel keys, of which protocol 3.0 has only four bytes, by address and by the /48
 * around it. Apart from logins: wrong keys lock nobody out of them, nor the other way round.
 */
export class CancelThrottle {
  readonly dimension: Dimension;
  readonly #settings: ThrottleSettings;
  readonly #limits: Limits;

  constructor(settings: ThrottleSettings, store: ThrottleStore) {
    this.#settings = settings;
    this.#limits = limitsOf(settings.attempts);
    this.dimension = new Dimension('cancel', spansOf(settings), store);
  }

  /** To be asked before a key is looked up. */
  async check(address: Address): Promise<Verdict> {
    if (this.#settings.exempt.admits(address)) return ALLOWED;
    const network = networkPrefix(address);
    return verdictOf([await this.dimension.wait(addressPrefix(address)), await this.dimension.wait(network)]);
  }

  /** Counts a key that no session has. */
  async failed(address: Address): Promise<void> {
    if (this.#settings.exempt.admits(address)) return;
    const network = networkPrefix(address);
    await this.#count(addressPrefix(address), this.#limits.attempts);
    if (network !== undefined) await this.#count(network, this.#limits.network.names);
  }

  async #count(key: string, limit: number): Promise<void> {
    const failures = await this.dimension.count(key);
    if (failures >= limit) await this.dimension.lockOut(key, failures);
  }
}
