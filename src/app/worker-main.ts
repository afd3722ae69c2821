import { createLogger, type LogLevel } from '../observe/logger.ts';
import { unpackSnapshot } from '../store/catalog-parcel.ts';
import type { PrimaryAsks, PrimaryTells, WorkerTells } from '../workers/messages.ts';
import { Post } from '../workers/post.ts';
import { WorkerGateway, type WorkerSettings } from './worker-gateway.ts';

/** A worker process: what it needs and is to do, its primary tells; without a primary it ends at once. */

const STDERR = 2;

const [, , name, level] = process.argv;
const log = createLogger((level ?? 'info') as LogLevel, STDERR).child({ worker: Number(name) });

// A terminal's Ctrl-C and an init system's SIGTERM reach the whole group: what to do about them, the primary says.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const) process.on(signal, () => {});

// Nobody is served whose end nobody would put on record.
process.on('disconnect', () => process.exit(1));

/**
 * Once it is there, what is asked or told is done before anything that came later is read: a new catalog before the
 * answer to an admission, a lock-out before the answer to the failure that led there.
 */
let ready: WorkerGateway | undefined;
const gateway = Promise.withResolvers<WorkerGateway>();
const post = new Post(send, { told, asked });
process.on('message', (messages) => post.received(messages));

function send(messages: readonly unknown[], written: () => void): void {
  process.send?.(messages, undefined, undefined, written);
}

function told(body: unknown): void {
  void heed(body as PrimaryTells<WorkerSettings>);
}

async function asked(body: unknown): Promise<unknown> {
  const opened = ready ?? (await gateway.promise);
  return await opened.answer(body as PrimaryAsks);
}

async function heed(said: PrimaryTells<WorkerSettings>): Promise<void> {
  switch (said.type) {
    case 'begin':
      await begin(said);
      return;
    case 'standing':
      (ready ?? (await gateway.promise)).heed(said.standing);
      return;
    case 'certificates':
      await (await gateway.promise).rereadCertificates();
      return;
    case 'drain':
      await end(await gateway.promise, said.patience);
  }
}

async function begin({
  settings,
  catalog,
  standing,
}: Extract<PrimaryTells<WorkerSettings>, { type: 'begin' }>): Promise<void> {
  try {
    const begins = { settings, catalog: unpackSnapshot(catalog), standing };
    const opened = await WorkerGateway.open(begins, { post, log });
    ready = opened;
    gateway.resolve(opened);
    tell({ type: 'listening', ports: [...opened.ports] });
  } catch (error) {
    tell({ type: 'failed', message: messageOf(error), listen: listenFault(error) });
    await post.written();
    process.exit(1);
  }
}

async function end(opened: WorkerGateway, patience: number): Promise<void> {
  await opened.drain(patience);
  tell({ type: 'farewell', metrics: await opened.figures() });
  await post.written();
  process.exit(0);
}

function tell(body: WorkerTells): void {
  post.tell(body);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What `listen` said, for the primary to say it. */
function listenFault(error: unknown): Extract<WorkerTells, { type: 'failed' }>['listen'] {
  if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) return undefined;
  const address = 'address' in error ? String(error.address) : 'the address';
  const port = 'port' in error ? Number(error.port) : undefined;
  return { code: String(error.code), syscall: String(error.syscall), address, port };
}
