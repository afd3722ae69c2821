import { randomBytes, randomInt } from 'node:crypto';
import fs, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { argv, stdout } from 'node:process';
import type { CatalogLocation } from '../../src/config/server-config.ts';

// A writer of catalog-writers.test.ts: makes a branch of a name, and is killed at the nth step of that where told to.
const [, , place = '', name = '', killAt = ''] = argv;
const location: CatalogLocation = JSON.parse(place);

let steps = 0;

/** Every call of the file system's is a step, which a kill may come before. */
function counting(holder: object, key: string): void {
  const original: unknown = Reflect.get(holder, key);
  if (typeof original !== 'function') return;
  Reflect.set(holder, key, function counted(this: unknown, ...args: unknown[]) {
    steps += 1;
    if (steps === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    return Reflect.apply(original, this, args);
  });
}

if (killAt !== '') {
  const probe = await open(new URL(import.meta.url), 'r');
  const handle: object = Object.getPrototypeOf(probe);
  await probe.close();
  for (const key of ['writeFile', 'chmod', 'chown', 'sync', 'close', 'stat']) counting(handle, key);
  for (const key of ['open', 'rename', 'unlink', 'writeFile', 'chmod', 'link', 'rm', 'realpath', 'readFile'])
    counting(fs, key);
  syncBuiltinESMExports();
}

const { CatalogFileDesk } = await import('../../src/store/catalog-desk.ts');
const { carryOut } = await import('../../src/control/carry-out.ts');
const desk = new CatalogFileDesk(location, { env: {} });
const wish = { type: 'create-branch', name } as const;
await carryOut(desk, wish, { randomBytes, randomInt: (bound) => randomInt(bound) });
stdout.write(`${steps} steps\n`);
