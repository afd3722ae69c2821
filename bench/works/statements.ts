import { execFile } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Candidate, RELAYS } from '../candidate.ts';
import { type Figures, percentile } from '../figures.ts';
import { libpqTo } from '../libpq.ts';
import { cpuOf, cpuOfAll, memoryOf } from '../process-cost.ts';
import type { Stage } from '../stage.ts';
import type { Work } from '../work.ts';

/** Until all sessions of a run have logged in and V8 has compiled what they need, in ms. */
const SETTLE_MS = 1500;
/** How much longer than what is measured a run is at least, in s. */
const TAIL_S = 0.3;
const CLIENTS = [1, 16, 64];
/** Rows of W5, and what one is on the wire: a DataRow of one column of 100 bytes (PostgreSQL manual, 54.7). */
const ROWS = 100_000;
const ROW_BYTES = 1 + 4 + 2 + 4 + 100;
const GB = 1e9;

interface Run {
  readonly clients: number;
  readonly seconds: number;
  readonly args: readonly string[];
}

/** What pgbench's log says of the time that was measured. */
interface Window {
  /** µs, of each transaction. */
  readonly latencies: readonly number[];
  readonly cpu: number | undefined;
  readonly others: number;
  readonly seconds: number;
}

/** Fills the tables of pgbench. */
export async function prepareStatements({ tools }: Stage, direct: Candidate): Promise<void> {
  const env = libpqTo(direct);
  await promisify(execFile)(tools.pgbench, ['-i', '-q', '-s', '1'], { env });
}

/** W1 (`-M prepared`) and W2 (`-M simple`): small statements. */
export function statementWorks(stage: Stage, id: 'W1' | 'W2', seconds: number): Work[] {
  const mode = id === 'W1' ? 'prepared' : 'simple';
  return CLIENTS.map((clients) => ({
    name: `${id} c=${clients}`,
    unit: 'transaction',
    candidates: id === 'W1' ? ['direct', ...RELAYS] : RELAYS,
    warms: clients === 1,
    turn: async (candidate) => {
      const run = { clients, seconds, args: ['-S', '-M', mode] };
      return figuresOf(await runPgbench(stage, candidate, run), candidate, 1);
    },
  }));
}

/** W11: W1 with one worker and with two. */
export function statementsOfTwo(stage: Stage, seconds: number): Work {
  return {
    name: 'W11 W1 c=16',
    unit: 'transaction',
    candidates: ['portcullis', 'portcullis-two-before', 'portcullis-two'],
    warms: true,
    turn: async (candidate) => {
      const run = { clients: 16, seconds, args: ['-S', '-M', 'prepared'] };
      return figuresOf(await runPgbench(stage, candidate, run), candidate, 1);
    },
  };
}

/** W5: many rows in one result. */
export function rowsWork(stage: Stage, seconds: number): Work {
  const script = join(stage.folder, 'rows.sql');
  const sql = `SELECT repeat('x', 100) FROM (SELECT generate_series(1, ${ROWS})) AS rows;\n`;
  return {
    name: 'W5',
    unit: 'GB',
    candidates: RELAYS,
    warms: true,
    turn: async (candidate) => {
      await writeFile(script, sql);
      const window = await runPgbench(stage, candidate, { clients: 1, seconds, args: ['-f', script] });
      return figuresOf(window, candidate, (ROWS * ROW_BYTES) / GB);
    },
  };
}

/** @param units of work in a transaction */
async function figuresOf(window: Window, { pid }: Candidate, units: number): Promise<Figures> {
  const { latencies, cpu, others, seconds } = window;
  const done = latencies.length * units;
  return {
    rate: done / seconds,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    ...(cpu !== undefined && { cpu: cpu / done }),
    others: others / done,
    ...(pid !== undefined && { rss: (await memoryOf(pid)) / 1e6 }),
  };
}

/**
 * Runs pgbench, and counts transactions and the proxy's CPU between two moments in the middle of it, so that neither
 * logins nor leaving count.
 */
async function runPgbench(stage: Stage, candidate: Candidate, run: Run): Promise<Window> {
  const { clients, seconds, args } = run;
  const prefix = join(stage.folder, 'pgbench');
  const threads = Math.min(clients, 2);
  const length = Math.ceil(seconds + SETTLE_MS / 1000 + TAIL_S);
  const all = ['-n', '-l', `--log-prefix=${prefix}`, '-c', clients, '-j', threads, '-T', length, ...args];
  const running = promisify(execFile)(stage.tools.pgbench, all.map(String), { env: libpqTo(candidate) });
  const measured = measure(candidate, seconds * 1000);
  const [{ from, to, cpu, others }] = await Promise.all([measured, running]);
  const latencies: number[] = [];
  for (const name of await readdir(stage.folder)) {
    if (!name.startsWith('pgbench.')) continue;
    const log = join(stage.folder, name);
    for (const line of (await readFile(log, 'utf8')).split('\n')) {
      // client, transaction, latency in µs, script, seconds since 1970, µs behind them.
      const [, , latency, , at, rest] = line.split(' ');
      const when = Number(at) * 1000 + Number(rest) / 1000;
      if (when >= from && when < to) latencies.push(Number(latency));
    }
    await rm(log);
  }
  return { latencies, cpu, others, seconds: (to - from) / 1000 };
}

async function measure({ pid }: Candidate, ms: number) {
  await setTimeout(SETTLE_MS);
  const from = Date.now();
  const before = pid === undefined ? 0 : await cpuOf(pid);
  const all = await cpuOfAll();
  await setTimeout(ms);
  const to = Date.now();
  const cpu = pid === undefined ? undefined : (await cpuOf(pid)) - before;
  return { from, to, cpu, others: (await cpuOfAll()) - all - (cpu ?? 0) };
}
