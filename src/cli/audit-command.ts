import { existsSync } from 'node:fs';
import { type AuditPlace, auditPlace } from '../app/audit-place.ts';
import { systemUserName } from '../net/runtime.ts';
import { type ConfigFlags, configPath } from './config-options.ts';
import { CliError } from './error.ts';
import { explained } from './explained.ts';

/** Runs work on the trail that the flags lead to, and makes its errors lines for people. */
export async function onTrail(flags: ConfigFlags, work: (place: AuditPlace) => Promise<void>): Promise<void> {
  await explained(async () => {
    const place = await auditPlace(await configPath(flags), process.env);
    if (!existsSync(place.audit.dir))
      throw new CliError(`there is no audit trail at ${place.audit.dir}: has the gateway run?`, 1);
    await work(place);
  });
}

/** Who runs the command, for the record; a user id without a name is told as such. */
export function commandUser(): string {
  try {
    return systemUserName();
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
