import type { AuditEvent } from '../audit/events.ts';

/** An event and what it was given when it happened. */
export interface Entry {
  readonly event: AuditEvent;
  /** ms since 1970. */
  readonly time: number;
  readonly uid: string;
}

/** Whoever waits for a commit. */
export interface Waiting {
  /** When the waiting began, on the clock of deadlines. */
  readonly since: number;
  resolve(): void;
  reject(reason: Error): void;
}

/** Entries that are written together. */
export interface Group {
  readonly entries: readonly Entry[];
  /** Undefined: nobody waits, so the entries outlast a failing disk. */
  readonly waiting: Waiting | undefined;
}

/** Records that may wait, and bytes of them: an hour of a quiet gateway, and never a memory problem. */
const MAX_ENTRIES = 10_000;
const MAX_BYTES = 8 * 1024 * 1024;
/** How much further those may fill it who wait: what a long outage left must not turn them away after it. */
const WAITING_SHARE = 2;
/** Below so many waiting entries nobody weighs them: 1,000 of the largest have room. */
const UNWEIGHED = 1_000;

/** How much statements may fill of it: what else happens must find room beside them. */
const STATEMENTS_SHARE = 0.5;

interface Loss {
  count: number;
  readonly from: number;
  to: number;
}

/** What waits to be written, in order and bounded; what finds no room is counted. */
export class CommitQueue {
  #groups: Group[] = [];
  #entries = 0;
  #bytes = 0;
  #loss: Loss | undefined;
  readonly #stamp: (event: AuditEvent) => Entry;

  /** @param stamp gives an event its time and uid */
  constructor(stamp: (event: AuditEvent) => Entry) {
    this.#stamp = stamp;
  }

  /** Entries that wait. */
  get size(): number {
    return this.#entries;
  }

  get empty(): boolean {
    return this.#groups.length === 0 && this.#loss === undefined;
  }

  /** @returns false where there is no room; entries that nobody waits for are then counted as lost. */
  add(group: Group): boolean {
    const bytes = this.#weigh(group);
    const share = shareOf(group);
    const hasRoom =
      this.#entries + group.entries.length <= MAX_ENTRIES * share && this.#bytes + bytes <= MAX_BYTES * share;
    if (!hasRoom) {
      if (group.waiting === undefined) this.lose(group.entries);
      return false;
    }
    this.#tellLoss();
    this.#groups.push(group);
    this.#entries += group.entries.length;
    this.#bytes += bytes;
    return true;
  }

  /** The groups at the head, as many as have `entries` together; at least one where there is one. */
  take(entries: number): Group[] {
    if (this.#groups.length === 0) this.#tellLoss();
    let taken = 0;
    let count = 0;
    for (const group of this.#groups) {
      if (taken > 0 && count + group.entries.length > entries) break;
      count += group.entries.length;
      taken += 1;
    }
    const groups = this.#groups.splice(0, taken);
    this.#entries -= count;
    if (this.#groups.length === 0) this.#bytes = 0;
    return groups;
  }

  /** Puts back at the head what could not be written and nobody waits for. */
  putBack(groups: readonly Group[]): void {
    const kept = groups.filter(({ waiting }) => waiting === undefined);
    this.#groups.unshift(...kept);
    for (const { entries } of kept) this.#entries += entries.length;
  }

  /** Entries that will not be written after all. */
  lose(entries: readonly Entry[]): void {
    for (const { time } of entries) {
      this.#loss ??= { count: 0, from: time, to: time };
      this.#loss.count += 1;
      this.#loss.to = time;
    }
  }

  /** Since when the oldest of those who wait has waited. */
  get waitingSince(): number | undefined {
    return this.#groups.find(({ waiting }) => waiting !== undefined)?.waiting?.since;
  }

  /** Takes all groups that somebody waits for out of the queue. */
  takeWaiting(): Waiting[] {
    const waiting = this.#groups.flatMap((group) => group.waiting ?? []);
    if (waiting.length === 0) return waiting;
    this.#groups = this.#groups.filter((group) => group.waiting === undefined);
    this.#entries = this.#groups.reduce((sum, { entries }) => sum + entries.length, 0);
    return waiting;
  }

  #tellLoss(): void {
    if (this.#loss === undefined) return;
    const { count, from, to } = this.#loss;
    this.#loss = undefined;
    const reason = 'the trail could not be written, and no memory was left to keep them';
    const entry = this.#stamp({ type: 'events-lost', count, from, to, reason });
    this.#groups.push({ entries: [entry], waiting: undefined });
    this.#entries += 1;
  }

  #weigh({ entries }: Group): number {
    if (this.#entries < UNWEIGHED) return 0;
    return entries.reduce((sum, { event }) => sum + JSON.stringify(event).length, 0);
  }
}

function shareOf({ waiting, entries }: Group): number {
  if (waiting !== undefined) return WAITING_SHARE;
  return entries.every(({ event }) => event.type === 'statement') ? STATEMENTS_SHARE : 1;
}
