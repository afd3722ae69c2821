import { AUDIT_EVENTS_PATH, AUDIT_PURGE_PATH } from '../admin/audit.ts';
import type { TrailEvent } from '../audit/events.ts';
import { textIn } from '../audit/values.ts';
import { TrailError } from '../trail/error.ts';
import type { Trail } from '../trail/trail.ts';
import type { AuditPlace } from './audit-place.ts';
import { ask, isNobodyThere, objectOf, type Reply } from './control-client.ts';
import { openTrail } from './open-trail.ts';

type Exported = Extract<TrailEvent, { type: 'trail-exported' }>;

/**
 * Records from a command that the trail was exported: by the gateway that writes it, or in its place where none runs.
 * @throws TrailError where that is not possible; then the record is not there.
 */
export async function recordFromOutside(event: Exported, place: AuditPlace): Promise<void> {
  const { type, from, to, records, by } = event;
  const asked = await order(place, AUDIT_EVENTS_PATH, { type, from, to, records, by: by.name });
  if (asked === undefined) await asWriter(place, (trail) => trail.commit([event]));
}

/**
 * Deletes the closed segments whose last record is older than `before` (ms since 1970), as above.
 * @param by the system user's name.
 * @returns their names, the oldest first.
 * @throws TrailError
 */
export async function purgeFromOutside(
  before: number,
  by: string | undefined,
  place: AuditPlace,
): Promise<readonly string[]> {
  const asked = await order(place, AUDIT_PURGE_PATH, { before, by });
  if (asked !== undefined) return (asked as { segments: string[] }).segments;
  const { segments } = await asWriter(place, (trail) => trail.purge(before, { kind: 'command', name: by }));
  return segments;
}

/** @returns what the running gateway answers; undefined: none runs. */
async function order({ controlSocket }: AuditPlace, path: string, what: object): Promise<unknown> {
  if (controlSocket === undefined) return undefined;
  let reply: Reply;
  let answer: Readonly<Record<string, unknown>>;
  try {
    reply = await ask({ socketPath: controlSocket }, 'POST', path, JSON.stringify(what));
    answer = objectOf(reply);
  } catch (error) {
    if (isNobodyThere(error)) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    throw new TrailError(`the gateway at ${controlSocket} does not answer: ${why}`, { cause: error });
  }
  if (reply.status === 200) return answer;
  throw new TrailError(`the gateway refused: ${textIn(answer, 'message') ?? `status ${reply.status}`}`);
}

async function asWriter<Result>(
  { audit }: AuditPlace,
  work: (trail: Trail) => Promise<Result>,
): Promise<Result> {
  const { trail } = await openTrail(audit);
  try {
    return await work(trail);
  } finally {
    await trail.close();
  }
}
