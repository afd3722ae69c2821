import { parseArgs } from 'node:util';
import { CANDIDATES, type CandidateName } from './candidate.ts';

/** What the bench can be asked for. */
export interface BenchOptions {
  /** `W1` to `W11`, in the order in which they run. */
  readonly works: readonly string[];
  /** Who takes part; the others are not started. */
  readonly through: readonly CandidateName[];
  /** Folder of a clone whose Portcullis runs besides. */
  readonly before: string | undefined;
  readonly rounds: number;
  /** Length of one turn of works that run for a time. */
  readonly seconds: number;
  /** Size of one COPY, in MB (1,000,000 bytes). */
  readonly megabytes: number;
  /** Idle sessions that W8 holds. */
  readonly sessions: readonly number[];
  /** One JSON document on stdout instead of the table. */
  readonly json: boolean;
  /** File for the JSON document besides. */
  readonly out: string | undefined;
  /** Compare with bench/targets.json; exit status 1 where one is missed. */
  readonly check: boolean;
  /** Options of Node's for Portcullis: to profile it, which makes the figures worth less, or to try a setting. */
  readonly node: readonly string[];
}

export const WORKS = ['W1', 'W2', 'W3', 'W4', 'W5', 'W6', 'W7', 'W8', 'W9', 'W10', 'W11'] as const;

export const HELP = `npm run bench -- [options]

Runs the same works through Portcullis, PgBouncer, stunnel and directly, in turns, and reports medians.

  --work W1,W6     which works (all); docs/performance.md tells what they are
  --through A,B    who takes part: direct, pgbouncer, pgbouncer-fresh (server_lifetime = 0), stunnel, portcullis,
                   portcullis-bun (on Bun), portcullis-two (with two workers), portcullis-opaque (follows no
                   frames), portcullis-before, portcullis-two-before (all)
  --before DIR     a second Portcullis besides, from the clone in DIR
  --rounds N       turns of each candidate (7)
  --seconds N      length of a turn of W1, W2, W5, W6, W7 and W9 (5)
  --megabytes N    size of one COPY of W3 and W4 (1000)
  --sessions N,M   idle sessions of W8 (1000,5000)
  --json           JSON on standard output instead of the table
  --out FILE       JSON into a file besides
  --check          compare with bench/targets.json; status 1 where a target is missed
  --node OPTIONS   Node's options for Portcullis, between spaces: --node="--cpu-prof --cpu-prof-dir=DIR"

Needs Debian's packages pgbouncer, stunnel4 and postgresql-15 (psql, pgbench). Installs nothing.
`;

/** The command line is wrong; the message says what and the mend. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** @returns `undefined` where help is asked for. @throws UsageError */
export function readOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const works = values.work === undefined ? [...WORKS] : values.work.toUpperCase().split(',');
  for (const work of works) requireWork(work);
  return {
    works,
    through: values.through === undefined ? CANDIDATES : values.through.split(',').map(candidateOf),
    before: values.before,
    rounds: wholeNumber('rounds', values.rounds),
    seconds: wholeNumber('seconds', values.seconds),
    megabytes: wholeNumber('megabytes', values.megabytes),
    sessions: values.sessions.split(',').map((text) => wholeNumber('sessions', text)),
    json: values.json,
    out: values.out,
    check: values.check,
    node: values.node.split(' ').filter(Boolean),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        work: { type: 'string' },
        through: { type: 'string' },
        before: { type: 'string' },
        rounds: { type: 'string', default: '7' },
        seconds: { type: 'string', default: '5' },
        megabytes: { type: 'string', default: '1000' },
        sessions: { type: 'string', default: '1000,5000' },
        json: { type: 'boolean', default: false },
        out: { type: 'string' },
        check: { type: 'boolean', default: false },
        node: { type: 'string', default: '' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function requireWork(work: string): void {
  if (!WORKS.some((known) => known === work))
    throw new UsageError(`--work: there is no ${work}; there are ${WORKS.join(', ')}`);
}

function candidateOf(text: string): CandidateName {
  const found = CANDIDATES.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`--through: there is no ${text}; there are ${CANDIDATES.join(', ')}`);
}

function wholeNumber(name: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new UsageError(`--${name}: a whole number from 1 is needed`);
  return Number(text);
}
