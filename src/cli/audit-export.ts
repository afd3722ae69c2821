import { type FileHandle, open, rm } from 'node:fs/promises';
import { Command } from 'commander';
import { recordFromOutside } from '../app/audit-outside.ts';
import type { AuditPlace } from '../app/audit-place.ts';
import { type RecordFilter, recordFilter } from '../audit/filter.ts';
import type { AuditConfig } from '../config/audit.ts';
import { readRecords } from '../trail/reader.ts';
import { loadPublicKey } from '../trail/signing-key.ts';
import { commandUser, onTrail } from './audit-command.ts';
import { parseMoment } from './audit-times.ts';
import { type ConfigFlags, configOptions } from './config-options.ts';
import { CliError } from './error.ts';
import { eventIn } from './last-records.ts';
import { verified } from './verified.ts';
import { written } from './written.ts';

interface Flags extends ConfigFlags {
  readonly since?: number;
  readonly until?: number;
  readonly output?: string;
  readonly unverified?: boolean;
}

const EXAMPLES = `
Examples:
  portcullis audit export --since 2026-11-01 --until 2026-12-01 --output november.jsonl
  portcullis audit export --since 24h | gzip > day.jsonl.gz`;

export function auditExportCommand(): Command {
  return configOptions(
    new Command('export')
      .description('records of a period, verified and decrypted, as lines of JSON; itself recorded')
      .option('--since <when>', 'none older: 24h, or 2026-11-23T18:00:00Z', parseMoment)
      .option('--until <when>', 'none newer', parseMoment)
      .option('--output <file>', 'a new file of mode 0600; by default standard output')
      .option('--unverified', 'also where the trail is not as it was written')
      .addHelpText('after', EXAMPLES),
  ).action(exportNow);
}

async function exportNow(flags: Flags): Promise<void> {
  const { since, until, output, unverified } = flags;
  const filter = recordFilter({ since, until });
  if ('problem' in filter) throw new CliError(filter.problem, 2);
  await onTrail(flags, async (place) => {
    if (unverified !== true) await demandGood(place.audit);
    const found = await count(place.audit, filter.matches);
    const file = output === undefined ? undefined : await newFile(output);
    const write = async (): Promise<void> => {
      await record(found.records, { since, until, place });
      for await (const line of matching(place.audit, filter.matches, found.last))
        if (!(await put(`${line}\n`, file))) break;
      await file?.sync();
    };
    try {
      await write();
    } catch (error) {
      // Half an export would be taken for a whole one.
      if (output !== undefined) await rm(output, { force: true });
      throw error;
    } finally {
      await file?.close();
    }
    if (output !== undefined) process.stdout.write(`${found.records} records exported to ${output}\n`);
  });
}

async function demandGood(audit: AuditConfig): Promise<void> {
  const { findings, summary } = await verified(audit, { publicKeys: [loadPublicKey(audit.signingKey)] });
  const count = findings.length + summary.more;
  if (count === 0) return;
  const what = 'the audit trail is not as it was written';
  throw new CliError(`${what}: portcullis audit verify shows how, --unverified exports it all the same`, 1);
}

/** Before anything is given away; what cannot be recorded is not exported. */
async function record(
  records: number,
  { since, until, place }: { since: number | undefined; until: number | undefined; place: AuditPlace },
): Promise<void> {
  const by = { kind: 'command', name: commandUser() } as const;
  await recordFromOutside({ type: 'trail-exported', from: since, to: until, records, by }, place);
}

/** How many records match, and the last one's sequence; later ones are not part of this export. */
async function count(audit: AuditConfig, matches: RecordFilter): Promise<{ records: number; last: number }> {
  let [records, last] = [0, 0];
  for await (const { sequence, line, problem } of readRecords(audit.dir, { keys: audit.keys })) {
    if (problem !== undefined || !isWanted(line, matches)) continue;
    records += 1;
    last = sequence;
  }
  return { records, last };
}

async function* matching(audit: AuditConfig, matches: RecordFilter, last: number): AsyncGenerator<string> {
  for await (const { sequence, line, problem } of readRecords(audit.dir, { keys: audit.keys })) {
    if (sequence > last) return;
    if (problem === undefined && isWanted(line, matches)) yield line;
  }
}

function isWanted(line: string, matches: RecordFilter): boolean {
  const event = eventIn(line);
  return event !== undefined && matches(event);
}

async function newFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const why = code === 'EEXIST' ? 'it is there already: name another' : `it cannot be made (${code})`;
    throw new CliError(`${path}: ${why}`, 1, { cause: error });
  }
}

async function put(text: string, file: FileHandle | undefined): Promise<boolean> {
  if (file === undefined) return await written(text);
  await file.appendFile(text);
  return true;
}
