import { execFile } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import type { Tools } from './packages.ts';

/** What figures depend on beside the code. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  readonly node: string;
  readonly pgbouncer: string;
  readonly stunnel: string;
  /** Of the last minute, when the bench began: above 1 somebody else was at work. */
  readonly load: number;
}

export async function describeMachine(tools: Tools): Promise<Machine> {
  const [first, ...others] = cpus();
  const pgbouncer = await firstLine(tools.pgbouncer, '--version');
  const stunnel = await firstLine(tools.stunnel, '-version', /stunnel \S+/);
  return {
    processor: first?.model ?? 'unknown',
    cores: others.length + 1,
    memoryGb: Math.round(totalmem() / 1e9),
    kernel: release(),
    node: process.versions.node,
    pgbouncer,
    stunnel,
    load: Math.round((loadavg()[0] ?? Number.NaN) * 100) / 100,
  };
}

async function firstLine(file: string, argument: string, wanted = /.+/): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(file, [argument]);
  return wanted.exec(stdout + stderr)?.[0] ?? 'unknown';
}
