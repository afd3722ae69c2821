import { randomBytes, randomInt } from 'node:crypto';
import fs, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { argv, stdout } from 'node:process';
import type { CatalogLocation } from '../../src/config/server-config.ts';

// A writer of catalog-writers.test.ts: does a task, and is killed at the nth step of that where told to. A branch of
// any name is made, `=rotate` gives the secrets a new key, `=seal` gives a role a sealed password.
const [, , place = '', task = '', killAt = ''] = argv;
const location: CatalogLocation = JSON.parse(place);

const steps: string[] = [];

/** Every call of the file system's is a step, which a kill may come before. */
function counting(holder: object, key: string, name = key): void {
  const original: unknown = Reflect.get(holder, key);
  if (typeof original !== 'function') return;
  Reflect.set(holder, key, function counted(this: unknown, ...args: unknown[]) {
    steps.push(name);
    if (steps.length === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    return Reflect.apply(original, this, args);
  });
}

if (killAt !== '') {
  const probe = await open(new URL(import.meta.url), 'r');
  const handle: object = Object.getPrototypeOf(probe);
  await probe.close();
  for (const key of ['writeFile', 'chmod', 'chown', 'sync', 'stat']) counting(handle, key, `file.${key}`);
  for (const key of ['open', 'rename', 'unlink', 'writeFile', 'chmod', 'link', 'rm', 'realpath', 'readFile'])
    counting(fs, key);
  syncBuiltinESMExports();
}

const { CatalogFileDesk } = await import('../../src/store/catalog-desk.ts');
const { carryOut } = await import('../../src/control/carry-out.ts');
const { rotateKeys } = await import('../../src/store/rotate-keys.ts');
const { Secret } = await import('../../src/catalog/secret.ts');
const desk = new CatalogFileDesk(location, { env: {} });
const chance = { now: () => new Date(), randomBytes, randomInt: (bound: number) => randomInt(bound) };

if (task === '=rotate') await rotateKeys(desk, location);
else if (task === '=seal') {
  const login = { password: new Secret('horse') };
  await carryOut(desk, { type: 'set-upstream', role: 'app', login }, chance);
} else await carryOut(desk, { type: 'create-branch', name: task }, chance);
stdout.write(`${steps.length} steps: ${steps.join(' ')}\n`);
