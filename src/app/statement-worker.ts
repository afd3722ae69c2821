import { parentPort } from 'node:worker_threads';
import { loadModule } from 'libpg-query';
import { readPasswordStatements } from '../sql/password-statements.ts';

/** Runs in a thread of its own. An exception ends the thread, which the reader takes for a refusal. */
await loadModule();
parentPort?.on('message', (text: Uint8Array) => {
  parentPort?.postMessage(readPasswordStatements(Buffer.from(text)));
});
