import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { pgEnv, type RunningGateway, startGateway, verifierOf } from '../test/support/gateway.ts';
import { debianBinaries, startDebian15, type WithTeardown } from '../test/support/postgres.ts';

/**
 * What looking into statements costs: one gateway per setting of a branch's `sql`, in front of one PostgreSQL 15, is
 * given `pgbench -S` in turns. CPU is the gateway's alone.
 */

const HELP = `node bench/statement-cost.ts [--rounds N] [--seconds N] [--clients N] [--mode simple|extended|prepared] [--json]

  --rounds N    turns of each gateway (5)
  --seconds N   length of a turn (2)
  --clients N   sessions (16)
  --mode M      pgbench's -M (prepared)

A gateway lives for 90 s; with PORTCULLIS_E2E_FULL=1, for 10 minutes.
`;

/** The same twice tells how much chance there is in a ratio. */
const SETTINGS = {
  off: { password_min_bits: 'off' },
  again: { password_min_bits: 'off' },
  on: {},
  ddl: { password_min_bits: 'off', audit: 'ddl' },
  all: { password_min_bits: 'off', audit: 'all' },
} as const;
/** Of /proc/PID/stat, in every Linux. */
const TICKS_A_SECOND = 100;
const PASSWORD = 'g6s7MQgx5ApdPqfJ';

interface Candidate {
  readonly name: string;
  readonly gateway: RunningGateway;
  /** µs of CPU a transaction, one for each turn. */
  readonly costs: number[];
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    clients: { type: 'string', default: '16' },
    mode: { type: 'string', default: 'prepared' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await measure();

async function measure(): Promise<void> {
  const work: (() => Promise<void>)[] = [];
  const t: WithTeardown = { teardown: (undo) => void work.unshift(undo) };
  try {
    const binaries = await debianBinaries('15');
    if (binaries === undefined) throw new Error('pgbench is not here: apt-get install postgresql-15');
    const candidates = await start(t);
    const pgbench = join(binaries.bin, 'pgbench');
    await run(pgbench, candidates[0]?.gateway, ['-i', '-q']);
    for (const each of candidates) await turn(pgbench, each);
    for (const each of candidates) each.costs.length = 0;
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const each of round % 2 === 0 ? candidates : candidates.toReversed()) await turn(pgbench, each);
    report(candidates);
  } finally {
    for (const undo of work) await undo();
  }
}

async function start(t: WithTeardown): Promise<Candidate[]> {
  const verifier = await verifierOf(PASSWORD);
  const postgres = await startDebian15(t, {
    bootstrapSql: [`CREATE ROLE app LOGIN SUPERUSER PASSWORD '${verifier}'`],
  });
  const candidates: Candidate[] = [];
  for (const [name, sql] of Object.entries(SETTINGS)) {
    const branch = {
      id: 'br-main',
      name: 'main',
      default: true,
      upstream: { host: postgres.socketDir, port: postgres.port },
      sql,
      roles: [{ name: 'app', verifier }],
    };
    const gateway = await startGateway(t, { projects: [{ id: 'shop', branches: [branch] }] });
    candidates.push({ name, gateway, costs: [] });
  }
  return candidates;
}

/** One run of pgbench; what it says. */
async function run(
  pgbench: string,
  gateway: RunningGateway | undefined,
  options: readonly string[],
): Promise<string> {
  if (gateway === undefined) throw new Error('no gateway');
  const env = pgEnv(gateway, { user: 'app', password: PASSWORD, database: 'postgres' });
  const { stdout } = await promisify(execFile)(pgbench, [...options], { env });
  return stdout;
}

async function turn(pgbench: string, { gateway, costs }: Candidate): Promise<void> {
  const before = await cpuOf(gateway);
  const { clients, seconds, mode } = values;
  const said = await run(pgbench, gateway, ['-n', '-S', '-M', mode, '-c', clients, '-T', seconds]);
  const transactions = Number(/transactions actually processed: (\d+)/.exec(said)?.[1]);
  costs.push(((await cpuOf(gateway)) - before) / transactions);
}

/** µs of CPU that the gateway's process has used so far. */
async function cpuOf({ child }: RunningGateway): Promise<number> {
  const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
  // Behind the name, which may hold spaces: utime and stime are the 14th and 15th field (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND) * 1_000_000;
}

function report(candidates: readonly Candidate[]): void {
  const [base] = candidates;
  const rows = candidates.map(({ name, costs }) => {
    const ratios = costs.map((cost, i) => cost / (base?.costs[i] ?? Number.NaN));
    return { name, cpu_us: round(median(costs)), ratio: round(median(ratios)) };
  });
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  else for (const { name, cpu_us, ratio } of rows) process.stdout.write(`${name}: ${cpu_us} µs, ${ratio}×\n`);
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
