import { notOnRecord } from './refusals.ts';
import type { Visit } from './visit.ts';

/** An upstream is not troubled for somebody who could not be let in. @throws Refusal */
export function requireRecorder({ gate }: Visit): void {
  const { obstacle } = gate.recorder;
  if (obstacle !== undefined) throw notOnRecord(obstacle);
}

/**
 * An admission takes effect only once its record is durable.
 * @throws Refusal where it cannot be put on record.
 */
export async function putOnRecord({ gate, client, record }: Visit): Promise<void> {
  const recorded = gate.recorder.admit(record).catch((cause: unknown) => {
    throw notOnRecord(cause instanceof Error ? cause.message : String(cause), cause);
  });
  await client.unlessAborted(recorded);
  record.admittedAt = performance.now();
}
