import { type ChildProcess, spawn } from 'node:child_process';
import type { Worker } from 'node:cluster';
import { EventEmitter, once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { type WorkerPlace, WorkerProcess } from '../../src/app/worker-process.ts';
import { createLogger } from '../../src/observe/logger.ts';

const log = createLogger('fatal', { write: () => {} });

/** A process with a channel, as node:cluster would give it; nobody gets to the desk. */
function aWorker(script: string): { child: ChildProcess; worker: WorkerProcess } {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const worker = Object.assign(new EventEmitter(), { process: child }) as unknown as Worker;
  const shared = {} as WorkerPlace['shared'];
  return { child, worker: new WorkerProcess(worker, { id: 1, shared, log }) };
}

t.test('A worker that is killed before it has taken the socket it was sent has ended.', async (t) => {
  const { child, worker } = aWorker('process.send("here"); for (;;);');
  await once(child, 'message');
  const server = createServer();
  t.teardown(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  child.send('take it', server);
  worker.kill();
  t.strictSame(await worker.ended, { code: null, signal: 'SIGKILL', sessions: 0 });
  await t.rejects(worker.listening, /ended before it could listen: SIGKILL/);
});

t.test('A worker that ends by itself tells its code.', async (t) => {
  const { worker } = aWorker('process.exit(3)');
  t.match(await worker.ended, { code: 3, signal: null });
});
