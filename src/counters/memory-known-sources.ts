import type { KnownSources } from '../throttle/ports.ts';

export interface KnownSourcesOptions {
  /** Of all roles together. */
  readonly maxSources: number;
  /** Milliseconds that a login is remembered. */
  readonly lifetime: number;
  /** Milliseconds on a clock that does not go back. */
  readonly now: () => number;
}

/**
 * Where each role has logged in from, in this process, the latest `maxSources`. When it is full, the role with
 * the most sources gives up its oldest: whoever has one password and many addresses pushes out his own, and no
 * other role becomes a stranger at home.
 */
export class MemoryKnownSources implements KnownSources {
  readonly #options: KnownSourcesOptions;
  /** Role → source → when it ends; the longest unused first. */
  readonly #roles = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(options: KnownSourcesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  async has(role: string, source: string): Promise<boolean> {
    const until = this.#roles.get(role)?.get(source);
    return until !== undefined && until > this.#options.now();
  }

  async remember(role: string, source: string): Promise<void> {
    this.#forget(role, source);
    if (this.#size >= this.#options.maxSources) this.#makeRoom();
    const sources = this.#roles.get(role) ?? new Map<string, number>();
    sources.set(source, this.#options.now() + this.#options.lifetime);
    this.#roles.set(role, sources);
    this.#size += 1;
  }

  #forget(role: string, source: string): void {
    const sources = this.#roles.get(role);
    if (sources?.delete(source) !== true) return;
    this.#size -= 1;
    if (sources.size === 0) this.#roles.delete(role);
  }

  /** Looks at every role, but only for a new source in a full table, and those are made by right passwords. */
  #makeRoom(): void {
    let [largest, most, oldest] = ['', 0, ''];
    for (const [role, sources] of this.#roles) {
      if (sources.size <= most) continue;
      const [first = ''] = sources.keys();
      [largest, most, oldest] = [role, sources.size, first];
    }
    this.#forget(largest, oldest);
  }
}
