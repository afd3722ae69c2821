import { z } from 'zod';
import type { Actor, AuditEvent } from '../audit/events.ts';
import { TrailUnavailable } from '../trail/error.ts';
import { type Answer, json } from './answer.ts';

/** On the control socket alone: only the running gateway writes the trail. */
export const AUDIT_EVENTS_PATH = '/control/audit/events';
export const AUDIT_PURGE_PATH = '/control/audit/purge';

/** The trail, as far as commands reach it. */
export interface AuditDesk {
  /** Resolves once the events are durable. */
  commit(events: readonly AuditEvent[]): Promise<void>;
  /** Deletes closed segments that end before (ms since 1970), and records that. */
  purge(before: number, by: Actor): Promise<{ readonly segments: readonly string[] }>;
}

/** A system user's name; Linux has 32 characters (useradd(8)), directories have more. */
const MAX_NAME = 256;
/** The last moment that a Date holds (ECMA-262, 21.4.1.1). */
const MAX_TIME = 8.64e15;

const TIME = z.int().min(-MAX_TIME).max(MAX_TIME);
const BY = z.string().max(MAX_NAME).optional();

/**
 * That the trail was exported is all that anybody may have recorded: where one could say that it was purged, somebody
 * who has removed records could make that look right.
 */
const EXPORTED = z.strictObject({
  type: z.literal('trail-exported'),
  from: TIME.optional(),
  to: TIME.optional(),
  records: z.int().nonnegative(),
  by: BY,
});

const PURGE = z.strictObject({ before: TIME, by: BY });

export async function answerExported(method: string, body: string, desk: AuditDesk): Promise<Answer> {
  if (method !== 'POST') return json(405, { message: 'only POST' });
  const parsed = EXPORTED.safeParse(jsonIn(body));
  if (!parsed.success) return json(400, { message: 'not an event that may be recorded from outside' });
  const { type, from, to, records, by } = parsed.data;
  return await orUnavailable(async () => {
    await desk.commit([{ type, from, to, records, by: command(by) }]);
    return { recorded: true };
  });
}

export async function answerPurge(method: string, body: string, desk: AuditDesk): Promise<Answer> {
  if (method !== 'POST') return json(405, { message: 'only POST' });
  const parsed = PURGE.safeParse(jsonIn(body));
  if (!parsed.success) return json(400, { message: 'before must be a time in ms since 1970' });
  const { before, by } = parsed.data;
  return await orUnavailable(async () => ({ segments: (await desk.purge(before, command(by))).segments }));
}

function command(name: string | undefined): Actor {
  return { kind: 'command', name };
}

async function orUnavailable(work: () => Promise<object>): Promise<Answer> {
  try {
    return json(200, await work());
  } catch (error) {
    // The trail's own words are a whole sentence.
    if (error instanceof TrailUnavailable) return json(503, { message: error.message });
    const why = error instanceof Error ? error.message : String(error);
    return json(503, { message: `the audit trail cannot be written: ${why}` });
  }
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
