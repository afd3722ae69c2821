import { writeFile } from 'node:fs/promises';
import type { WithTeardown } from '../test/support/postgres.ts';
import type { Candidate, CandidateName } from './candidate.ts';
import { Crowd } from './load/crowd.ts';
import { describeMachine } from './machine.ts';
import { type BenchOptions, HELP, readOptions, UsageError } from './options.ts';
import { findTools, type Tools } from './packages.ts';
import { startPgBouncer } from './pgbouncer.ts';
import { startGatewayProgram } from './portcullis.ts';
import { tableOf, verdictsOf } from './report.ts';
import { type Result, runRounds } from './rounds.ts';
import { type Stage, setStage, startPostgres } from './stage.ts';
import { startStunnel } from './stunnel.ts';
import { judge, readTargets } from './targets.ts';
import type { Work } from './work.ts';
import { copyInWork, copyOutWork, prepareCopy } from './works/copy.ts';
import { decisionWorks } from './works/decisions.ts';
import { idleWork } from './works/idle.ts';
import { prepareStatements, rowsWork, statementsOfTwo, statementWorks } from './works/statements.ts';
import { visitWorks } from './works/visits.ts';

/** Portcullis beside PgBouncer, stunnel and a direct connection: docs/performance.md. */

const WRONG_USAGE = 2;

async function bench(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(HELP);
    return;
  }
  const tools = await findTools();
  const undone: (() => Promise<void>)[] = [];
  const t: WithTeardown = { teardown: (work) => void undone.unshift(work) };
  const interrupted = Promise.withResolvers<never>();
  const leave = (): void => interrupted.reject(new UsageError('interrupted'));
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    const machine = await describeMachine(tools);
    const results = await Promise.race([measure(t, tools, options), interrupted.promise]);
    await report(options, { machine, results });
  } finally {
    for (const work of undone) await work();
    process.off('SIGINT', leave).off('SIGTERM', leave);
  }
}

async function measure(t: WithTeardown, tools: Tools, options: BenchOptions): Promise<Result[]> {
  const stage = await setStage(t, tools);
  const candidates = await startAll(stage, options);
  const works = worksOf(stage, new Crowd(t), options);
  const results: Result[] = [];
  for (const work of works) {
    process.stderr.write(`${work.name} …\n`);
    results.push(await runRounds(work, candidates, options.rounds));
  }
  return results;
}

async function startAll(
  stage: Stage,
  { node, through, before }: BenchOptions,
): Promise<ReadonlyMap<CandidateName, Candidate>> {
  const { upstream, direct } = await startPostgres(stage);
  await prepareStatements(stage, direct);
  await prepareCopy(stage, direct);
  const start: Readonly<Record<CandidateName, () => Candidate | Promise<Candidate>>> = {
    direct: () => direct,
    pgbouncer: () => startPgBouncer(stage, upstream, false),
    'pgbouncer-fresh': () => startPgBouncer(stage, upstream, true),
    stunnel: () => startStunnel(stage, upstream),
    'portcullis-before': () => startGatewayProgram(stage, upstream, { before }),
    'portcullis-opaque': () => startGatewayProgram(stage, upstream, { node, opaque: true }),
    portcullis: () => startGatewayProgram(stage, upstream, { node }),
    'portcullis-bun': () => startGatewayProgram(stage, upstream, { onBun: true }),
    'portcullis-two': () => startGatewayProgram(stage, upstream, { node, workers: 2 }),
    'portcullis-two-before': () => startGatewayProgram(stage, upstream, { before, workers: 2 }),
  };
  const candidates = new Map<CandidateName, Candidate>();
  for (const name of through) {
    if (name.endsWith('-before') && before === undefined) continue;
    const candidate = await start[name]();
    candidates.set(name, candidate);
    if (candidate.pid !== undefined) process.stderr.write(`${name}: process ${candidate.pid}\n`);
  }
  return candidates;
}

function worksOf(stage: Stage, crowd: Crowd, options: BenchOptions): Work[] {
  const { seconds, megabytes, sessions } = options;
  const all: Readonly<Record<string, () => Work[]>> = {
    W1: () => statementWorks(stage, 'W1', seconds),
    W2: () => statementWorks(stage, 'W2', seconds),
    W3: () => [copyOutWork(stage, megabytes)],
    W4: () => [copyInWork(stage, megabytes)],
    W5: () => [rowsWork(stage, seconds)],
    W6: () => visitWorks(crowd, 'W6', seconds),
    W7: () => visitWorks(crowd, 'W7', seconds),
    W8: () => sessions.map((count) => idleWork(stage, crowd, count)),
    W9: () => visitWorks(crowd, 'W9', seconds),
    W10: () => decisionWorks(),
    W11: () => [statementsOfTwo(stage, seconds), ...visitWorks(crowd, 'W11', seconds)],
  };
  return options.works.flatMap((name) => all[name]?.() ?? []);
}

interface Findings {
  readonly machine: Awaited<ReturnType<typeof describeMachine>>;
  readonly results: readonly Result[];
}

async function report({ json, out, check }: BenchOptions, { machine, results }: Findings): Promise<void> {
  const verdicts = judge(await readTargets(), results);
  const text = `${JSON.stringify({ machine, results, verdicts }, null, 2)}\n`;
  if (out !== undefined) await writeFile(out, text);
  if (json) process.stdout.write(text);
  else process.stdout.write(`${tableOf(results)}\n${verdictsOf(verdicts)}\n${JSON.stringify(machine)}\n`);
  if (check && verdicts.some(({ met }) => !met)) process.exitCode = 1;
}

try {
  await bench();
} catch (error) {
  const known = error instanceof UsageError;
  process.stderr.write(`bench: ${known ? error.message : inFull(error)}\n`);
  process.exitCode = known ? WRONG_USAGE : 1;
}

function inFull(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
