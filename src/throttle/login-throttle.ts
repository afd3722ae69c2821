import { ALLOWED, type LoginAttempt, type Verdict, verdictOf } from './attempt.ts';
import { Dimension } from './dimension.ts';
import { keysOf, type LoginKeys } from './keys.ts';
import { type Limits, limitsOf, spansOf, type ThrottleSettings } from './limits.ts';
import type { Counter, KnownSources, ThrottleStore } from './ports.ts';
import { Sources } from './sources.ts';
import { Targets } from './targets.ts';

/**
 * Slows down the guessing of passwords, such that nobody can lock out an address but from that address.
 *
 * A *source* is an address as it counts: /32, or /64 in IPv6. A source is *known* to a role if that role has
 * logged in from there within `KNOWN_DAYS`; else it is a *stranger*. Failures are counted
 *
 * 1. by source and role: `attempts` failures lock out this pair. The only lock-out that a known source obeys;
 * 2. by source, and by the /48 around it (`Sources`): many names or many failures lock out its strangers. A
 *    known pair goes on with a budget of its own, which no success refills, so that neither a neighbour behind
 *    the same NAT shuts it out, nor guesses on behind its successes;
 * 3. by role, 4. by branch, over all strangers (`Targets`): at first a stranger gets a single try instead of
 *    `attempts`, so that who knows the password still comes in; much later strangers are locked out.
 *
 * Names that do not exist count like others: nothing here knows which do. `check` comes before the password;
 * a proof that took part in a race is judged again when it is there, right or wrong, or a thousand guesses made
 * at once would all be answered.
 */
export class LoginThrottle {
  readonly pairs: Dimension;
  readonly sources: Sources;
  readonly targets: Targets;
  readonly #settings: ThrottleSettings;
  readonly #limits: Limits;
  readonly #reserves: Counter;
  readonly #known: KnownSources;

  constructor(settings: ThrottleSettings, store: ThrottleStore) {
    const spans = spansOf(settings);
    this.#settings = settings;
    this.#limits = limitsOf(settings.attempts);
    this.pairs = new Dimension('address-role', spans, store);
    this.sources = new Sources(settings, this.#limits, store);
    this.targets = new Targets(settings, this.#limits, store);
    this.#reserves = store.counter('reserves', spans.window);
    this.#known = store.known;
  }

  /** To be asked before SCRAM begins. */
  async check(attempt: LoginAttempt): Promise<Verdict> {
    if (this.#settings.exempt.admits(attempt.address)) return ALLOWED;
    return (await this.#standing(keysOf(attempt))).verdict;
  }

  /**
   * Counts a proof that was verified and found wrong; nothing else is a failed login.
   * @returns refused where the answer must be that of a lock-out, since one began in the meantime; the failure is
   * not counted then, so that a burst prolongs nothing.
   */
  async failed(attempt: LoginAttempt): Promise<Verdict> {
    if (this.#settings.exempt.admits(attempt.address)) return ALLOWED;
    const keys = keysOf(attempt);
    const { verdict, known, besieged } = await this.#standing(keys);
    if (!verdict.allowed) return verdict;
    if (known) await this.#countKnown(keys, besieged);
    else await this.#countStranger(keys);
    return verdict;
  }

  /**
   * Clears what was counted for this source and role, and nothing else; from now on the source is known.
   * @returns refused where the client must not be let in, since a lock-out began in the meantime.
   */
  async succeeded(attempt: LoginAttempt): Promise<Verdict> {
    if (this.#settings.exempt.admits(attempt.address)) return ALLOWED;
    const keys = keysOf(attempt);
    const { verdict } = await this.#standing(keys);
    if (!verdict.allowed) return verdict;
    await Promise.all([this.pairs.forgive(keys.pair), this.#known.remember(keys.role, keys.address)]);
    return verdict;
  }

  /** Always asks everything, so that the time it takes tells nothing. */
  async #standing(keys: LoginKeys): Promise<{ verdict: Verdict; known: boolean; besieged: boolean }> {
    const [known, pair, source, target] = await Promise.all([
      this.#known.has(keys.role, keys.address),
      this.pairs.wait(keys.pair),
      this.sources.wait(keys),
      this.targets.wait(keys),
    ]);
    return { known, verdict: verdictOf(known ? [pair] : [pair, source, target]), besieged: source > 0 };
  }

  /** Counted by role and branch too, a changed password would shut every newcomer out while old ones still retry. */
  async #countKnown(keys: LoginKeys, besieged: boolean): Promise<void> {
    const failures = await this.pairs.count(keys.pair);
    await this.sources.count(keys, failures === 1);
    const spent = besieged ? (await this.#reserves.penalty(keys.pair)).consumedPoints : 0;
    if (failures < this.#limits.attempts && spent < this.#limits.reserve) return;
    await this.pairs.lockOut(keys.pair, failures);
    await this.#reserves.delete(keys.pair);
  }

  async #countStranger(keys: LoginKeys): Promise<void> {
    const failures = await this.pairs.count(keys.pair);
    await this.sources.count(keys, failures === 1);
    const wary = await this.targets.count(keys);
    if (failures >= (wary ? 1 : this.#limits.attempts)) await this.pairs.lockOut(keys.pair, failures);
  }
}
