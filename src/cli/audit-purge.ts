import { Command } from 'commander';
import { purgeFromOutside } from '../app/audit-outside.ts';
import { commandUser, onTrail } from './audit-command.ts';
import { parseMoment } from './audit-times.ts';
import { yesOption } from './catalog-command.ts';
import { type ConfigFlags, configOptions } from './config-options.ts';
import { type ConfirmFlags, confirm } from './confirm.ts';
import { CliError } from './error.ts';
import { type OutputFlags, outputOption, show } from './output.ts';

interface Flags extends ConfigFlags, OutputFlags, ConfirmFlags {
  readonly before?: number;
  readonly olderThan?: number;
}

const EXAMPLES = `
Examples:
  portcullis audit purge --older-than 90d
  portcullis audit purge --before 2026-11-01 --yes`;

export function auditPurgeCommand(): Command {
  return yesOption(
    outputOption(
      configOptions(
        new Command('purge')
          .description('delete whole files of old records, keeping what was signed of them; itself recorded')
          .option('--before <when>', 'those whose last record is older: 2026-11-01', parseMoment)
          .option('--older-than <age>', 'the same, by age: 30d', parseMoment)
          .addHelpText('after', EXAMPLES),
      ),
    ),
  ).action(purge);
}

async function purge(flags: Flags): Promise<void> {
  const { before, olderThan } = flags;
  const bound = before ?? olderThan;
  if (bound === undefined || (before !== undefined && olderThan !== undefined))
    throw new CliError('say until when: --before or --older-than', 2);
  await onTrail(flags, async (place) => {
    const when = new Date(bound).toISOString();
    await confirm(
      `Delete the records of ${place.audit.dir} up to ${when}, as far as files end by then?`,
      flags,
    );
    const segments = await purgeFromOutside(bound, commandUser(), place);
    show({ segments }, flags, () =>
      segments.length === 0 ? 'nothing is old enough\n' : `deleted: ${segments.join(', ')}\n`,
    );
  });
}
