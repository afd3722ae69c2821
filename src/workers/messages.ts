import { z } from 'zod';
import { connectionRecord, followed, sessionEnd } from './records.ts';

/** What a worker may say and ask. The primary reads nothing else, whatever a worker has become. */

const bound = z.number().int();
const claim = z.object({ key: z.string(), limit: bound.or(z.undefined()), room: bound.optional() });
/** The worker's own number for the seats of a connection. */
const seat = z.number().int();
const pid = z.number().int();
const key = z.custom<Uint8Array>((value) => value instanceof Uint8Array);

/** A login's attempt; texts of clients, of any length that a startup packet has. */
const attempt = z.object({
  address: z.string().max(64),
  place: z.object({ kind: z.enum(['branch', 'endpoint']), name: z.string() }),
  role: z.string(),
});

export const workerAsks = z.discriminatedUnion('type', [
  z.object({ type: z.literal('take'), seat, claims: z.array(claim).max(4) }),
  z.object({ type: z.literal('login'), step: z.enum(['check', 'failed', 'succeeded']), attempt }),
  z.object({ type: z.literal('cancel'), step: z.enum(['check', 'failed']), address: z.string().max(64) }),
  /** Whose session has this key, at another worker. */
  z.object({ type: z.literal('find-cancel'), pid, key }),
  /** @property elapsed ms since the connection was accepted. */
  z.object({ type: z.literal('admit'), connection: connectionRecord, elapsed: z.number() }),
]);

export const workerTells = z.discriminatedUnion('type', [
  /** It takes connections, on these TCP ports in the order of `listen`. */
  z.object({ type: z.literal('listening'), ports: z.array(z.number().int()) }),
  /** It cannot begin. */
  z.object({
    type: z.literal('failed'),
    message: z.string(),
    /** An error of `listen`, as the system has it. */
    listen: z
      .object({
        code: z.string(),
        syscall: z.string(),
        address: z.string(),
        port: z.number().or(z.undefined()),
      })
      .or(z.undefined()),
  }),
  /** Seats of which there are as many as come. */
  z.object({ type: z.literal('taken'), seat, keys: z.array(z.string()).max(4) }),
  z.object({ type: z.literal('leave'), seat }),
  z.object({ type: z.literal('refused'), connection: connectionRecord }),
  z.object({ type: z.literal('canceled'), connection: connectionRecord }),
  /** A session that was let in, by its id. */
  z.object({ type: z.literal('left'), id: z.string(), end: sessionEnd, duration: z.number() }),
  z.object({ type: z.literal('statement'), connection: connectionRecord, statement: followed }),
  z.object({ type: z.literal('password-refused'), connection: connectionRecord, why: z.string() }),
  /** Its last word, with all that it has counted. */
  z.object({ type: z.literal('farewell'), metrics: z.array(z.unknown()) }),
]);

export type WorkerAsks = z.output<typeof workerAsks>;
export type WorkerTells = z.output<typeof workerTells>;

/** What a worker decides by is checked as well, on arrival. */
export const verdict = z.union([
  z.object({ allowed: z.literal(true) }),
  z.object({ allowed: z.literal(false), retryAfterSeconds: z.number().int().min(1) }),
]);

export const taken = z.union([
  z.object({ crowded: z.array(z.boolean()) }),
  z.object({ full: z.number().int() }),
]);

/** What is so for all workers together. */
export interface Standing {
  /** Why nobody could be put on record now; undefined: it can be tried. */
  readonly obstacle: string | undefined;
  /** Whether the audit trail has more to write than it does in time. */
  readonly behind: boolean;
  /** Whether anybody may be locked out by the throttle. Told before the failure that led there is answered. */
  readonly lockouts: boolean;
}

/** What the primary says; `Settings` is what a worker begins with. */
export type PrimaryTells<Settings> =
  | {
      readonly type: 'begin';
      readonly settings: Settings;
      readonly catalog: Uint8Array;
      readonly standing: Standing;
    }
  | { readonly type: 'standing'; readonly standing: Standing }
  | { readonly type: 'certificates' }
  /** @property patience ms that sessions get to end by themselves. */
  | { readonly type: 'drain'; readonly patience: number };

export type PrimaryAsks =
  /** Answered once nobody is served by an older one. */
  | { readonly type: 'catalog'; readonly catalog: Uint8Array }
  | { readonly type: 'sessions'; readonly method: string; readonly query: string }
  | { readonly type: 'metrics' }
  | { readonly type: 'find-cancel'; readonly pid: number; readonly key: Uint8Array };
