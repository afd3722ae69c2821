import { parseAddress } from '../allowlist/address.ts';
import type { AuditEvent } from '../audit/events.ts';
import type { TrailOfEnds } from '../observe/audit-journal.ts';
import type { AdmissionRecorder, Throttle } from '../session/ports.ts';
import type { Claim, Quota } from '../session/quota.ts';
import type { ConnectionRecord } from '../session/record.ts';
import { type WorkerAsks, type WorkerTells, workerAsks, workerTells } from './messages.ts';

/** What all workers share, kept by the primary. */
export interface Shared {
  readonly quota: Quota;
  readonly throttle: Throttle;
  /** A failure was counted: whoever is locked out by it, all workers are to know before anybody hears of it. */
  readonly failureCounted: () => void;
  readonly admissions: Pick<AdmissionRecorder, 'admit'>;
  readonly trail: TrailOfEnds;
  /** Asks the workers other than the one with this desk. */
  readonly findElsewhere: (pid: number, key: Uint8Array) => Promise<unknown>;
  /** Hears of a session whose worker ended before it did. */
  readonly lost: (record: ConnectionRecord) => void;
}

/** What a worker says of itself. */
export type OfItself = Extract<WorkerTells, { type: 'listening' | 'failed' | 'farewell' }>;

/**
 * The primary's desk for one worker: answers what it asks, records what it tells, and keeps what it holds, to be
 * given back when it ends.
 */
export class WorkerDesk {
  readonly #shared: Shared;
  readonly #onItself: (said: OfItself) => void;
  readonly #seats = new Map<number, () => void>();
  /** Sessions that are let in, by their ids. */
  readonly #admitted = new Map<string, ConnectionRecord>();
  /** Sessions that are being put on record. */
  readonly #admitting = new Set<string>();
  #closed = false;

  constructor(shared: Shared, onItself: (said: OfItself) => void) {
    this.#shared = shared;
    this.#onItself = onItself;
  }

  /** Sessions that the worker was told to let in. */
  get sessions(): number {
    return this.#admitted.size;
  }

  /** @throws Error where the question cannot be read, or has no answer. */
  async asked(body: unknown): Promise<unknown> {
    const asked = workerAsks.parse(body);
    switch (asked.type) {
      case 'take':
        return this.#take(asked.seat, asked.claims);
      case 'login':
        return await this.#login(asked);
      case 'cancel':
        return await this.#cancel(asked);
      case 'find-cancel':
        return await this.#shared.findElsewhere(asked.pid, asked.key);
      case 'admit':
        return await this.#admit(asked);
    }
  }

  /** @throws Error where it cannot be read, or cannot be. */
  told(body: unknown): void {
    const told = workerTells.parse(body);
    const { trail } = this.#shared;
    switch (told.type) {
      case 'taken':
        this.#take(told.seat, told.keys.map(unbounded));
        return;
      case 'leave':
        this.#leave(told.seat);
        return;
      case 'refused':
        this.#gaveUp(told.connection.id);
        trail.refused(told.connection);
        return;
      case 'left':
        this.#left(told);
        return;
      case 'canceled':
      case 'statement':
      case 'password-refused':
        trail.record(told satisfies AuditEvent);
        return;
      case 'listening':
      case 'failed':
      case 'farewell':
        this.#onItself(told);
    }
  }

  /** The worker has ended: its sessions with it, which nobody else tells of. @returns how many there were. */
  close(): number {
    this.#closed = true;
    for (const leave of this.#seats.values()) leave();
    this.#seats.clear();
    const lost = [...this.#admitted.values()];
    this.#admitted.clear();
    for (const record of lost) this.#shared.lost(record);
    return lost.length;
  }

  #take(seat: number, claims: readonly Claim[]): unknown {
    if (this.#closed || this.#seats.has(seat)) throw new Error('this seat is taken');
    const taken = this.#shared.quota.take(claims);
    if ('full' in taken) return taken;
    this.#seats.set(seat, taken.leave);
    return { crowded: [...taken.crowded] };
  }

  #leave(seat: number): void {
    this.#seats.get(seat)?.();
    this.#seats.delete(seat);
  }

  async #login({ step, attempt }: Extract<WorkerAsks, { type: 'login' }>): Promise<unknown> {
    const { throttle, failureCounted } = this.#shared;
    const verdict = await throttle.logins[step]({ ...attempt, address: addressIn(attempt.address) });
    if (step === 'failed') failureCounted();
    return verdict;
  }

  async #cancel({ step, address }: Extract<WorkerAsks, { type: 'cancel' }>): Promise<unknown> {
    const { throttle, failureCounted } = this.#shared;
    if (step === 'check') return await throttle.cancels.check(addressIn(address));
    await throttle.cancels.failed(addressIn(address));
    failureCounted();
    return { allowed: true };
  }

  async #admit({ connection, elapsed }: Extract<WorkerAsks, { type: 'admit' }>): Promise<true> {
    // Each process has a clock of its own.
    const record = { ...connection, acceptedAt: performance.now() - elapsed };
    this.#admitting.add(record.id);
    try {
      await this.#shared.admissions.admit(record);
      record.admittedAt = performance.now();
      // The trail has it, and nobody is left who could let it in.
      if (this.#closed) this.#shared.lost(record);
      else if (this.#admitting.has(record.id)) this.#admitted.set(record.id, record);
    } finally {
      this.#admitting.delete(record.id);
    }
    return true;
  }

  /** The client, or the worker's patience, did not last until it was on record. */
  #gaveUp(id: string): void {
    this.#admitting.delete(id);
    this.#admitted.delete(id);
  }

  /** Who it was is on record already, and no worker can say otherwise. */
  #left({ id, end, duration }: Extract<WorkerTells, { type: 'left' }>): void {
    const { trail } = this.#shared;
    const admitted = this.#admitted.get(id);
    if (admitted === undefined) throw new Error('the end of a session that was not let in');
    this.#admitted.delete(id);
    const connection = { ...admitted, ...end };
    trail.record({ type: 'logged-out', connection });
    trail.record({ type: 'connection-closed', connection, duration });
  }
}

function unbounded(key: string): Claim {
  return { key, limit: undefined };
}

function addressIn(text: string): NonNullable<ReturnType<typeof parseAddress>> {
  const address = parseAddress(text);
  if (address === undefined) throw new Error('not an address');
  return address;
}
