import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding, Report } from './target.ts';
import type { Order, Said } from './worker.ts';

/** A child that has not begun another batch for so long hangs, in ms. */
const PATIENCE_MS = 60_000;

const MAIN = join(import.meta.dirname, 'main.ts');
/** A heap that outgrows this ends the child, and not the machine. */
const NODE_ARGUMENTS = ['--expose-gc', '--max-old-space-size=1024'];
/** As much of a dead child's last words as is told. */
const LAST_WORDS = 2000;

/** Hears where a target stands. */
export type Progress = (cases: number) => void;

/** How a child ended: with its report, or badly, in the batch that it had announced. */
interface Ending {
  readonly report: Report | undefined;
  readonly batch: number;
  readonly cases: number;
  readonly how: string;
}

/** Runs a target in a process of its own; a hang and a sudden death are findings, with the case they began with. */
export async function watch(order: Order, progress: Progress, patience = PATIENCE_MS): Promise<Report> {
  const started = performance.now();
  const { report, batch, cases, how } = await ending(order, progress, patience);
  if (report !== undefined) return report;
  const elapsedMs = performance.now() - started;
  const finding = await retraced({ ...order, batch }, how, patience);
  return { cases, elapsedMs, slowestMs: 0, heapBefore: 0, heapAfter: 0, finding };
}

/** Goes through the batch again, case by case, to see which one it is that ends the process. */
async function retraced(order: Order & { batch: number }, how: string, patience: number): Promise<Finding> {
  const folder = await mkdtemp(join(tmpdir(), 'pc-fuzz-'));
  try {
    const file = join(folder, 'case');
    const again = await ending({ ...order, retrace: { batch: order.batch, file } }, () => {}, patience);
    const survived = again.how === '';
    if (survived)
      return { message: `batch ${order.batch} ${how}, and did not a second time`, input: undefined };
    return { message: again.how, input: Buffer.from(await readFile(file, 'latin1'), 'hex') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function ending(order: Order, progress: Progress, patience: number): Promise<Ending> {
  const child = fork(MAIN, ['worker', JSON.stringify(order)], {
    execArgv: NODE_ARGUMENTS,
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    let report: Report | undefined;
    let last = { batch: 0, cases: 0 };
    let hung = false;
    const words = lastWords(child);
    const onHang = (): void => {
      hung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(onHang, patience);
    child.on('message', (said: Said) => {
      clearTimeout(timer);
      timer = setTimeout(onHang, patience);
      if (said.kind === 'report') report = reportOf(said.report);
      else last = said;
      progress(said.kind === 'report' ? said.report.cases : said.cases);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const died = code === 0 ? '' : `the process ended with ${signal ?? code}: ${words()}`;
      resolve({ ...last, report, how: hung ? `no end after ${patience} ms` : died });
    });
  });
}

function lastWords(child: ChildProcess): () => string {
  let words = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-LAST_WORDS);
  });
  return () => words.trim();
}

function reportOf({ finding, ...rest }: Extract<Said, { kind: 'report' }>['report']): Report {
  if (finding === undefined) return { ...rest, finding };
  const input = finding.input === undefined ? undefined : Buffer.from(finding.input, 'hex');
  return { ...rest, finding: { message: finding.message, input } };
}
