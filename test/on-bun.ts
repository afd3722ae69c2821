import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { isFull } from './support/size.ts';

/**
 * `npm run test:bun`: tests by tap on Node, of gateways and commands that are processes of their own, on Bun. What a
 * test opens in its own process is on Node here, too: docs/runtimes.md names those tests.
 */

/** Where runtimes may differ: TLS, sockets and streams, threads, files. All of it under PORTCULLIS_E2E_FULL=1. */
const SHORT = [
  'e2e/bulk',
  'e2e/channel-binding',
  'e2e/client-certificates',
  'e2e/dev-clients',
  'e2e/interrupts',
  'e2e/limits',
  'e2e/pgbench-on-record',
  'e2e/refusals',
  'e2e/reload',
  'e2e/sessions',
  'e2e/socket-activation',
  'e2e/sql-policy',
  'e2e/sql-ways-round',
  'e2e/upstream-logins',
  'e2e/workers',
  'hostile/descriptors',
  'hostile/half-open',
  'hostile/replication',
  'hostile/segmentation-postgres',
  'hostile/tls-offer',
  'hostile/tls-records',
  'hostile/trail-killed',
  'hostile/unread',
].map((name) => `test/${name}.test.ts`);

const all = (): string[] => ['test/main.test.ts', ...globSync('test/{e2e,hostile}/*.test.ts').toSorted()];

const asked = process.argv.slice(2);
const files = asked.length > 0 ? asked : isFull ? all() : SHORT;
const tap = spawn('tap', ['run', '--disable-coverage', `--timeout=${isFull ? 600 : 120}`, ...files], {
  env: { ...process.env, PORTCULLIS_RUNTIME: 'bun' },
  stdio: 'inherit',
});
const [code] = await once(tap, 'exit');
process.exitCode = code === 0 ? 0 : 1;
