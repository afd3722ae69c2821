import { type Address, parseAddress } from '../../src/allowlist/address.ts';
import { Allowlist } from '../../src/allowlist/allowlist.ts';
import { parseEntry } from '../../src/allowlist/entry.ts';
import { memoryStore } from '../../src/counters/memory-store.ts';
import type { LoginAttempt, Place, Verdict } from '../../src/throttle/attempt.ts';
import { createThrottle, type Throttle } from '../../src/throttle/throttle.ts';

export const MAIN: Place = { kind: 'branch', name: 'br-main' };

export function addressOf(text: string): Address {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is not an address`);
  return address;
}

function listOf(entries: readonly string[]): Allowlist {
  return Allowlist.of(
    entries.map((text) => {
      const entry = parseEntry(text);
      if ('problem' in entry) throw new Error(entry.problem);
      return entry.range;
    }),
  );
}

/** Whom a test wishes to log in: by default app on the main branch. */
export interface Login {
  readonly from: string;
  readonly as?: string;
  readonly at?: Place;
}

/** A throttle with the contract's defaults, in memory, and its clock held in the hand. */
export class Scene {
  readonly throttle: Throttle;
  /** Seconds. */
  #now = 1_000_000;

  constructor(wish: { attempts?: number; exempt?: string[]; maxKeys?: number } = {}) {
    const { attempts = 10, exempt = [], maxKeys } = wish;
    const settings = { attempts, window: 150_000, block: 120_000, exempt: listOf(exempt) };
    this.throttle = createThrottle(
      settings,
      memoryStore(() => this.#now * 1000, maxKeys),
    );
  }

  wait(seconds: number): void {
    this.#now += seconds;
  }

  /** A whole login, as a session goes through it. @returns seconds to wait, 0 where it was not locked out. */
  async login(login: Login, outcome: 'right' | 'wrong'): Promise<number> {
    const { logins } = this.throttle;
    const attempt = attemptOf(login);
    const before = await logins.check(attempt);
    if (!before.allowed) return secondsOf(before);
    return secondsOf(outcome === 'right' ? await logins.succeeded(attempt) : await logins.failed(attempt));
  }

  async right(login: Login): Promise<number> {
    return await this.login(login, 'right');
  }

  async wrong(login: Login): Promise<number> {
    return await this.login(login, 'wrong');
  }

  /** Wrong passwords one after the other. @returns how many were looked at before a lock-out. */
  async guess(login: Login, times: number): Promise<number> {
    for (let guess = 0; guess < times; guess += 1) if ((await this.wrong(login)) > 0) return guess;
    return times;
  }

  /** What a login would be told, without any. */
  async ask(login: Login): Promise<number> {
    return secondsOf(await this.throttle.logins.check(attemptOf(login)));
  }

  /** Each as `dimension address place role failures`. */
  async locked(): Promise<string[]> {
    const lockouts = await this.throttle.lockouts.list(new Date(0));
    return lockouts.map(({ dimension, address, place, role, failures }) =>
      [dimension, address, place, role, failures].filter((part) => part !== undefined).join(' '),
    );
  }
}

export function attemptOf({ from, as = 'app', at = MAIN }: Login): LoginAttempt {
  return { address: addressOf(from), place: at, role: as };
}

export function secondsOf(verdict: Verdict): number {
  return verdict.allowed ? 0 : verdict.retryAfterSeconds;
}

/** The nth address of 198.18.0.0/15, which no test uses otherwise (RFC 2544). */
export function stranger(n: number): string {
  return `198.18.${Math.floor(n / 256)}.${n % 256}`;
}
