import type { AuditConfig } from '../../src/config/audit.ts';

/** What portcullis.yaml says of the trail where it says nothing, in a folder of a test. */
export function auditConfig(dir: string, other: Partial<AuditConfig> = {}): AuditConfig {
  return {
    dir,
    retention: 30 * 86_400_000,
    signingKey: `${dir}.key`,
    keys: undefined,
    segmentSize: 64 * 1024 * 1024,
    segmentAge: 86_400_000,
    reserve: 0,
    refusalBudget: 4096,
    onFailure: 'refuse',
    stdout: false,
    syslog: undefined,
    ...other,
  };
}
