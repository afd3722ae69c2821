import type { AuditConfig } from '../config/audit.ts';
import { loadSigningKey } from '../trail/signing-key.ts';
import { Trail } from '../trail/trail.ts';
import type { SigningKey, TrailOptions } from '../trail/trail-options.ts';

/** Refusals at once after a quiet time, in bytes. */
const REFUSAL_BURST = 1024 * 1024;

export interface OpenedTrail {
  /** Whoever opened it closes it. */
  readonly trail: Trail;
  readonly signingKey: SigningKey;
}

/**
 * The trail that a configuration describes, for its writer: a gateway, or a command where none runs.
 * @throws TrailError, in one line, where folder or keys cannot be used, or another process writes it.
 */
export async function openTrail(
  config: AuditConfig,
  hears: Pick<TrailOptions, 'onState' | 'onProblem'> = {},
): Promise<OpenedTrail> {
  const signingKey = await loadSigningKey(config.signingKey, config.dir);
  const trail = await Trail.open({
    dir: config.dir,
    signingKey,
    keys: config.keys,
    segmentBytes: config.segmentSize,
    segmentAge: config.segmentAge,
    retention: config.retention,
    reserve: config.reserve,
    refusals: { bytesPerSecond: config.refusalBudget, burst: REFUSAL_BURST },
    ...hears,
  });
  return { trail, signingKey };
}
