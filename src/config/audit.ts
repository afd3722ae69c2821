import { relative } from 'node:path';
import type { WrittenAudit } from './audit-schema.ts';
import { pathFrom } from './base-folder.ts';
import { type KeyRing, parseKeyRing } from './key-ring.ts';

/** The audit trail. Paths are absolute, times in milliseconds, sizes in bytes. */
export interface AuditConfig {
  readonly dir: string;
  readonly retention: number;
  /** Path of the Ed25519 key, outside `dir`; its public half lies beside it. */
  readonly signingKey: string;
  /** Closed segments are encrypted with the current one; `undefined`: they are not. */
  readonly keys: KeyRing | undefined;
  readonly segmentSize: number;
  readonly segmentAge: number;
  readonly reserve: number;
  /** Bytes a second for refusals before login. */
  readonly refusalBudget: number;
  readonly onFailure: 'refuse' | 'admit';
  readonly stdout: boolean;
  readonly syslog: SyslogConfig | undefined;
}

export interface SyslogConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** Path of a PEM file; `undefined`: the runtime's own authorities. */
  readonly ca: string | undefined;
  /** `undefined`: the host. */
  readonly servername: string | undefined;
}

interface Finished {
  readonly config: AuditConfig;
  readonly problems: { readonly path: (string | number)[]; readonly message: string }[];
}

export function toAudit(written: WrittenAudit, base: string): Finished {
  const dir = pathFrom(base, written.dir);
  const signingKey =
    written.signing_key === undefined ? `${dir}.key` : pathFrom(base, written.signing_key.file);
  const keys = written.encryption_key === undefined ? undefined : parseKeyRing(written.encryption_key.text);
  const problems: Finished['problems'] = [];
  if (isInside(dir, signingKey)) {
    const message =
      'the signing key lies in audit.dir, where whoever can rub out records would find it: put it elsewhere';
    problems.push({ path: ['audit', 'signing_key', 'file'], message });
  }
  if (keys !== undefined && 'problem' in keys)
    problems.push({ path: ['audit', 'encryption_key'], message: keys.problem });
  const config: AuditConfig = {
    dir,
    retention: written.retention,
    signingKey,
    keys: keys !== undefined && 'ring' in keys ? keys.ring : undefined,
    segmentSize: written.segment_size,
    segmentAge: written.segment_age,
    reserve: written.reserve,
    refusalBudget: written.refusals_per_second,
    onFailure: written.on_failure,
    stdout: written.stdout,
    syslog: written.syslog && toSyslog(written.syslog, base),
  };
  return { config, problems };
}

function toSyslog(
  { address, protocol, ca, server_name }: NonNullable<WrittenAudit['syslog']>,
  base: string,
): SyslogConfig {
  return {
    ...address,
    tls: protocol === 'tls',
    ca: ca === undefined ? undefined : pathFrom(base, ca),
    servername: server_name,
  };
}

function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path === '' || !path.startsWith('..');
}
