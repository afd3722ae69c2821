import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { login } from '../test/support/client-login.ts';
import { RawClient } from '../test/support/raw-client.ts';
import { beGateway, beUpstream, cpuOf, type Listening } from './login-processes.ts';

/**
 * What the audit trail costs a login: two gateways, one with a trail and one without, are given logins at a steady
 * pace in turns; the upstream is reached as by default, by TLS with verify-full. CPU is the gateway's alone; latency is from connect to ReadyForQuery.
 */

const HELP = `node bench/login-cost.ts [--rounds N] [--seconds N] [--rate N] [--json]

  --rounds N    turns of each gateway (7)
  --seconds N   length of a turn (5)
  --rate N      logins a second (200)
`;

interface Turn {
  /** ms of CPU a login. */
  readonly cpu: number;
  /** ms, the median. */
  readonly latency: number;
}

type Started = Listening & { readonly child: ChildProcess };

interface Gateway {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly turns: Turn[];
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'upstream') process.send?.(await beUpstream());
else if (role === 'gateway') process.send?.(await beGateway(JSON.parse(rest[0] ?? '') as Listening, rest[1]));
else await measure();

async function measure(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '5' },
      rate: { type: 'string', default: '200' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const dir = mkdtempSync(join(tmpdir(), 'portcullis-login-cost-'));
  const upstream = await start('upstream');
  const gateways = [
    await gatewayOf('without', upstream),
    await gatewayOf('with', upstream, join(dir, 'audit')),
  ];
  try {
    const pace = { rate: Number(values.rate), seconds: Number(values.seconds) };
    for (const gateway of gateways) await turn(gateway, pace);
    for (let round = 0; round < Number(values.rounds); round += 1)
      for (const gateway of round % 2 === 0 ? gateways : gateways.toReversed())
        gateway.turns.push(await turn(gateway, pace));
    report(gateways, values.json);
  } finally {
    for (const { child } of [upstream, ...gateways]) child.kill();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function gatewayOf(name: string, { port: at, certificate }: Started, dir?: string): Promise<Gateway> {
  const { child, port } = await start(
    'gateway',
    JSON.stringify({ port: at, certificate }),
    ...(dir === undefined ? [] : [dir]),
  );
  return { name, child, port, turns: [] };
}

async function start(...args: readonly string[]): Promise<Started> {
  const child = fork(import.meta.filename, args);
  const listening = await new Promise<Listening>((resolve, reject) => {
    child.once('message', (said) => resolve(said as Listening));
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)));
  });
  return { child, ...listening };
}

async function turn(
  { child, port }: Gateway,
  { rate, seconds }: { rate: number; seconds: number },
): Promise<Turn> {
  const before = cpuOf(child.pid ?? 0);
  const startedAt = performance.now();
  const under: Promise<number>[] = [];
  for (let n = 0; n < rate * seconds; n += 1) {
    const wait = startedAt + (n * 1000) / rate - performance.now();
    if (wait > 0) await setTimeout(wait);
    under.push(oneLogin(port));
  }
  const latencies = await Promise.all(under);
  await setTimeout(100);
  return { cpu: (cpuOf(child.pid ?? 0) - before) / latencies.length, latency: median(latencies) };
}

async function oneLogin(port: number): Promise<number> {
  const startedAt = performance.now();
  const client = await (await RawClient.connect(port)).requestTls();
  await login(client);
  const took = performance.now() - startedAt;
  client.destroy();
  return took;
}

function report(gateways: readonly Gateway[], json: boolean): void {
  const rows = gateways.map(({ name, turns }) => ({
    trail: name,
    cpu_ms: median(turns.map(({ cpu }) => cpu)),
    latency_ms: median(turns.map(({ latency }) => latency)),
  }));
  const [without, withTrail] = rows;
  const ratio = {
    cpu: (withTrail?.cpu_ms ?? 0) / (without?.cpu_ms ?? 1),
    latency: (withTrail?.latency_ms ?? 0) / (without?.latency_ms ?? 1),
  };
  if (json) return void process.stdout.write(`${JSON.stringify({ rows, ratio })}\n`);
  for (const { trail, cpu_ms, latency_ms } of rows)
    process.stdout.write(
      `${trail.padEnd(8)} trail  CPU ${cpu_ms.toFixed(3)} ms a login  latency ${latency_ms.toFixed(2)} ms\n`,
    );
  process.stdout.write(`ratio           CPU ${ratio.cpu.toFixed(3)}  latency ${ratio.latency.toFixed(3)}\n`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
