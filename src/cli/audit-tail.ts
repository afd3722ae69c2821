import { Command, Option } from 'commander';
import { type FilterOptions, OUTCOMES, outcomeIn, type RecordEvent, recordFilter } from '../audit/filter.ts';
import { humanLine } from '../audit/human-line.ts';
import { valueIn } from '../audit/values.ts';
import type { AuditConfig } from '../config/audit.ts';
import { printable, spelledOut } from '../observe/printable.ts';
import { followRecords } from '../trail/follow.ts';
import { onTrail } from './audit-command.ts';
import { parseLines, parseMoment } from './audit-times.ts';
import { type ConfigFlags, configOptions } from './config-options.ts';
import { CliError } from './error.ts';
import { eventIn, lastRecords } from './last-records.ts';
import { written } from './written.ts';

interface Flags extends ConfigFlags, FilterOptions {
  readonly follow?: boolean;
  readonly lines: number;
  readonly output: 'text' | 'json';
}

const DEFAULT_LINES = 20;

/** ECMA-48, 8.3.117 SGR. */
const RED = '\u001b[31m';
const YELLOW = '\u001b[33m';
const PLAIN = '\u001b[0m';

const EXAMPLES = `
Examples:
  portcullis audit tail -f
  portcullis audit tail -n 100 --since 1h --outcome refused --address 203.0.113.0/24
  portcullis audit tail -f -o json | jq .message`;

export function auditTailCommand(): Command {
  return configOptions(
    new Command('tail')
      .description('the last records, one a line')
      .option('-f, --follow', 'go on with those that come')
      .option('-n, --lines <number>', 'so many of the last', parseLines, DEFAULT_LINES)
      .option('--since <when>', 'none older: 1h, or 2026-11-23T18:00:00Z', parseMoment)
      .option('--role <name>', 'about this role')
      .option('--address <ip>', 'from this address, CIDR or range')
      .option('--branch <id>', 'about this branch')
      .addOption(new Option('--outcome <word>', 'that ended so').choices(OUTCOMES))
      .addOption(new Option('-o, --output <format>', 'format').choices(['text', 'json']).default('text'))
      .addHelpText('after', EXAMPLES),
  ).action(tail);
}

async function tail(flags: Flags): Promise<void> {
  const filter = recordFilter(flags);
  if ('problem' in filter) throw new CliError(`--address: ${filter.problem}`, 2);
  const wanted = (event: RecordEvent | undefined): event is RecordEvent =>
    event !== undefined && filter.matches(event);
  await onTrail(flags, async ({ audit }) => {
    const { records, end } = await lastRecords(audit, { lines: flags.lines, since: flags.since, wanted });
    for (const { line, event } of records) if (!(await written(shown(line, event, flags)))) return;
    if (flags.follow === true) await follow(audit, end, { flags, wanted });
  });
}

interface Following {
  readonly flags: Flags;
  readonly wanted: (event: RecordEvent | undefined) => event is RecordEvent;
}

/** Until nobody reads any more, or a signal ends the process. */
async function follow({ dir, keys }: AuditConfig, end: number, { flags, wanted }: Following): Promise<void> {
  const gone = new AbortController();
  process.stdout.once('error', () => gone.abort()).once('close', () => gone.abort());
  for await (const { line, problem } of followRecords(dir, { from: end + 1, keys, signal: gone.signal })) {
    if (problem !== undefined) {
      process.stderr.write(`portcullis: ${printable(problem)}: portcullis audit verify says more\n`);
      continue;
    }
    const event = eventIn(line);
    if (wanted(event) && !(await written(shown(line, event, flags)))) return;
  }
}

/** A record for a person, or as it is; what a program reads is not changed by a single byte. */
function shown(line: string, event: RecordEvent, { output }: Flags): string {
  const isTerminal = process.stdout.isTTY === true;
  if (output === 'json') return `${isTerminal ? spelledOut(line, 'surrogates') : line}\n`;
  const text = humanLine(event, printable);
  // no-color.org: any text in NO_COLOR but the empty one.
  const color = isTerminal && !process.env['NO_COLOR'] ? colorOf(event) : undefined;
  return color === undefined ? `${text}\n` : `${color}${text}${PLAIN}\n`;
}

/** Red is what went wrong or was turned away, yellow what a person should look at. */
function colorOf(event: RecordEvent): string | undefined {
  const outcome = outcomeIn(event);
  if (outcome === 'refused' || outcome === 'failed' || outcome === 'cut') return RED;
  const loosens = valueIn(event, 'unmapped', 'portcullis', 'loosens') === true;
  const severity = event['severity_id'];
  return loosens || (typeof severity === 'number' && severity > 2) ? YELLOW : undefined;
}
