import type { KeyObject } from 'node:crypto';
import { Command } from 'commander';
import { type Checkpoint, readCheckpoint } from '../audit/checkpoint.ts';
import type { Finding } from '../audit/findings.ts';
import { readText } from '../store/read-text.ts';
import { loadPublicKey } from '../trail/signing-key.ts';
import type { Verified } from '../trail/verify.ts';
import { onTrail } from './audit-command.ts';
import { type ConfigFlags, configOptions } from './config-options.ts';
import { CliError } from './error.ts';
import { type Listing, type OutputFlags, outputOption, show, tableOf } from './output.ts';
import { verified } from './verified.ts';

interface Flags extends ConfigFlags, OutputFlags {
  readonly anchor?: string;
  readonly publicKey?: string;
}

/** A day of checkpoints has 30 MB; an anchor is a line or some. */
const MAX_ANCHOR_BYTES = 33_554_432;

const EXAMPLES = `
Examples:
  portcullis audit verify
  portcullis audit verify --anchor /mnt/elsewhere/last.checkpoint --public-key /mnt/elsewhere/audit.pub`;

const FINDINGS: Listing<Finding> = {
  columns: {
    SEGMENT: ({ segment, file }) => (file === 'records' ? segment : `${segment}.checkpoints`),
    LINE: ({ line }) => (line === 0 ? undefined : line),
    SEQUENCE: ({ sequence }) => sequence,
    FINDING: ({ what }) => what,
  },
  nothing: '',
};

export function auditVerifyCommand(): Command {
  return outputOption(
    configOptions(
      new Command('verify')
        .description('check that no record was changed, removed, reordered or added: status 1 where one was')
        .option('--anchor <file>', 'checkpoints that were kept elsewhere: finds a cut-off end, too')
        .option('--public-key <file>', 'in place of the one beside the signing key')
        .addHelpText('after', EXAMPLES),
    ),
  ).action(verify);
}

async function verify(flags: Flags): Promise<void> {
  await onTrail(flags, async ({ audit }) => {
    const key = loadPublicKey(flags.publicKey ?? audit.signingKey);
    const anchors = flags.anchor === undefined ? [] : anchorsIn(flags.anchor, key);
    const found = await verified(audit, { publicKeys: [key], anchors });
    const { findings, summary } = found;
    show({ ok: findings.length === 0, findings, summary }, flags, () => text(found));
    const count = findings.length + summary.more;
    if (count === 0) return;
    throw new CliError(`the audit trail is not as it was written: ${many(count, 'finding')}`, 1);
  });
}

function text({ findings, summary }: Verified): string {
  const { segments, records, checkpoints, unsigned, torn, more } = summary;
  const lines = findings.length === 0 ? [] : [tableOf(findings, FINDINGS).trimEnd()];
  if (more > 0) lines.push(`and ${many(more, 'more finding')}`);
  if (torn !== undefined)
    lines.push(`segment ${torn.segment}, line ${torn.line}: not written to its end, as a kill leaves it`);
  const looked = [many(records, 'record'), many(segments, 'segment'), many(checkpoints, 'checkpoint')];
  const end = unsigned === 0 ? '' : `; the last ${many(unsigned, 'record')} not signed yet`;
  lines.push(`${findings.length === 0 ? 'ok' : 'looked at'}: ${looked.join(', ')}${end}`);
  return `${lines.join('\n')}\n`;
}

function many(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

function anchorsIn(path: string, key: KeyObject): Checkpoint[] {
  const read = readText(path, { maxBytes: MAX_ANCHOR_BYTES });
  if ('problem' in read) throw new CliError(`${path}: ${read.problem}`, 2);
  const lines = read.text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0)
    throw new CliError(`${path} holds no checkpoint: copy a line of a .checkpoints file`, 2);
  return lines.map((line, index) => {
    const checkpoint = readCheckpoint(line, key);
    if ('problem' in checkpoint) throw new CliError(`${path}:${index + 1}: ${checkpoint.problem}`, 2);
    return checkpoint;
  });
}
