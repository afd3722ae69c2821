import { Command } from 'commander';
import { auditExportCommand } from './audit-export.ts';
import { auditPurgeCommand } from './audit-purge.ts';
import { auditTailCommand } from './audit-tail.ts';
import { auditVerifyCommand } from './audit-verify.ts';

/** `portcullis audit`: what the trail says, and whether it was touched. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('read, check, export and purge the audit trail')
    .addCommand(auditVerifyCommand())
    .addCommand(auditTailCommand())
    .addCommand(auditExportCommand())
    .addCommand(auditPurgeCommand());
}
