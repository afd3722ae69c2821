import { Dimension } from './dimension.ts';
import type { LoginKeys } from './keys.ts';
import { type Flood, type Limits, spansOf, type ThrottleSettings } from './limits.ts';
import type { Counter, ThrottleStore } from './ports.ts';

/**
 * Failures by where they come from, whatever they are about: an address that tries many names, or one that fails
 * too often in all. No success clears them: whoever sprays may well have a password of his own.
 */
export class Sources {
  readonly address: Dimension;
  readonly network: Dimension;
  readonly #limits: Limits;
  /** Names that failed, by address and by network. */
  readonly #names: Counter;

  constructor(settings: ThrottleSettings, limits: Limits, store: ThrottleStore) {
    const spans = spansOf(settings);
    this.address = new Dimension('address', spans, store);
    this.network = new Dimension('network', spans, store);
    this.#limits = limits;
    this.#names = store.counter('names', spans.window);
  }

  /** @returns seconds until the source is let in again; 0 where it is. */
  async wait({ address, network }: LoginKeys): Promise<number> {
    return Math.max(...(await Promise.all([this.address.wait(address), this.network.wait(network)])));
  }

  /** @param newName whether this is the name's first failure from there of late. */
  async count({ address, network }: LoginKeys, newName: boolean): Promise<void> {
    await this.#countIn(this.address, address, this.#limits.address, newName);
    if (network !== undefined) await this.#countIn(this.network, network, this.#limits.network, newName);
  }

  async #countIn(dimension: Dimension, key: string, limit: Flood, newName: boolean): Promise<void> {
    const failures = await dimension.count(key);
    const names = newName ? (await this.#names.penalty(key)).consumedPoints : 0;
    if (failures < limit.failures && names < limit.names) return;
    await dimension.lockOut(key, failures);
    await this.#names.delete(key);
  }
}
