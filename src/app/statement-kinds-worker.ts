import { parentPort } from 'node:worker_threads';
import { loadModule } from 'libpg-query';
import { kindOf } from '../sql/ddl.ts';

/** Runs in a thread of its own. An exception ends the thread; what it was asked then counts as unknown. */
await loadModule();
parentPort?.on('message', (text: string) => {
  parentPort?.postMessage(kindOf(text));
});
