import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Candidate, RELAYS } from '../candidate.ts';
import type { Figures } from '../figures.ts';
import { libpqTo } from '../libpq.ts';
import { cpuOf, memoryOf } from '../process-cost.ts';
import type { Stage } from '../stage.ts';
import type { Work } from '../work.ts';

/** A line of COPY text, its end included. */
const LINE_BYTES = 100;
const MB = 1_000_000;
/** What the file of W4 holds; it is sent as often as is asked for. */
const FILE_MB = 100;

export async function prepareCopy(stage: Stage, direct: Candidate): Promise<void> {
  const line = `${'x'.repeat(LINE_BYTES - 1)}\n`;
  await writeFile(fileOf(stage), line.repeat((FILE_MB * MB) / LINE_BYTES));
  await psql(stage, direct, ['DROP TABLE IF EXISTS sink', 'CREATE UNLOGGED TABLE sink (line text)']);
}

/** W3: COPY out. */
export function copyOutWork(stage: Stage, megabytes: number): Work {
  const lines = (megabytes * MB) / LINE_BYTES;
  const rows = `SELECT repeat('x', ${LINE_BYTES - 1}) FROM (SELECT generate_series(1, ${lines})) AS lines`;
  return copyWork(stage, 'W3', { megabytes, statements: [`COPY (${rows}) TO STDOUT`] });
}

/** W4: COPY in. The server reads every line and stores none. */
export function copyInWork(stage: Stage, megabytes: number): Work {
  const times = Math.max(1, Math.round(megabytes / FILE_MB));
  const once = `\\copy sink FROM '${fileOf(stage)}' WHERE false`;
  return copyWork(stage, 'W4', { megabytes: times * FILE_MB, statements: Array(times).fill(once) });
}

function copyWork(
  stage: Stage,
  name: string,
  { megabytes, statements }: { megabytes: number; statements: readonly string[] },
): Work {
  const gigabytes = megabytes / 1000;
  return {
    name,
    unit: 'GB',
    candidates: RELAYS,
    warms: false,
    turn: async (candidate) => await copyTurn(stage, candidate, { gigabytes, statements }),
  };
}

async function copyTurn(
  stage: Stage,
  candidate: Candidate,
  { gigabytes, statements }: { gigabytes: number; statements: readonly string[] },
): Promise<Figures> {
  const { pid } = candidate;
  const before = pid === undefined ? 0 : await cpuOf(pid);
  const from = performance.now();
  await psql(stage, candidate, statements);
  const rate = gigabytes / ((performance.now() - from) / 1000);
  if (pid === undefined) return { rate };
  return { rate, cpu: ((await cpuOf(pid)) - before) / gigabytes, rss: (await memoryOf(pid)) / MB };
}

async function psql({ tools }: Stage, candidate: Candidate, statements: readonly string[]): Promise<void> {
  const commands = statements.flatMap((statement) => ['-c', statement]);
  const args = ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', ...commands];
  await promisify(execFile)(tools.psql, args, { env: libpqTo(candidate) });
}

function fileOf({ folder }: Stage): string {
  return join(folder, 'lines.txt');
}
