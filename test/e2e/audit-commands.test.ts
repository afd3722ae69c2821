import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { loadSigningKey } from '../../src/trail/signing-key.ts';
import { Trail } from '../../src/trail/trail.ts';
import type { Child } from '../support/child.ts';
import { CLONE, PLAIN_ENV, portcullis, startPortcullis } from '../support/portcullis.ts';
import { passableFolder } from '../support/postgres.ts';

interface Place {
  readonly folder: string;
  readonly dir: string;
  readonly config: string;
}

/** A gateway's folder without a project: enough to start. */
async function place(t: Test, audit: string): Promise<Place> {
  const folder = await passableFolder(t);
  const made = await portcullis(['certs', 'init', '--dir', join(folder, 'certs')]);
  if (made.status !== 0) throw new Error(made.stderr);
  const config = join(folder, 'portcullis.yaml');
  const lines = [
    'listen: [{ address: "127.0.0.1:0" }]',
    'tls: { certificates: [{ cert: certs/server.crt, key: certs/server.key }] }',
    'catalog: { file: catalog.yaml }',
    'admin: { listen: "127.0.0.1:0" }',
    `audit: ${audit}`,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  await writeFile(join(folder, 'catalog.yaml'), 'projects: []\n', { mode: 0o600 });
  return { folder, dir: join(folder, 'var', 'audit'), config };
}

async function filled({ dir }: Place, records: number): Promise<void> {
  const trail = await Trail.open({ dir, signingKey: await loadSigningKey(`${dir}.key`, dir) });
  await trail.commit(Array.from({ length: records }, () => ({ type: 'reloaded', what: 'catalog' })));
  await trail.close();
}

async function started(t: Test, { config }: Place): Promise<Child> {
  const child = startPortcullis(t, ['start', '--config', config]);
  await child.until('a gateway that is ready', () => child.stderr.includes('"ready"'));
  return child;
}

t.test('The running gateway records an export and carries out a purge; the trail verifies.', async (t) => {
  const here = await place(t, '{ stdout: true }');
  await filled(here, 5);
  const gateway = await started(t, here);
  const command = async (...words: string[]): Promise<{ status: number; stdout: string; stderr: string }> =>
    await portcullis(['audit', ...words, '--config', here.config]);
  const exported = await command('export');
  t.match(exported, { status: 0, stderr: '' });
  t.ok(exported.stdout.split('\n').length > 5);
  const purged = await command('purge', '--before', '2999-01-01', '--yes', '-o', 'json');
  t.match(purged, { status: 0, stderr: '' });
  t.same(JSON.parse(purged.stdout), { segments: ['0000000000000001'] }, 'what a former gateway wrote');
  t.match(await command('verify'), { status: 0, stdout: /^ok: / });
  const told = (await command('tail')).stdout;
  t.match(told, /trail-exported/);
  t.match(told, /trail-purged/);
  t.equal((await gateway.leave()).status, 0);
  t.match(await command('verify'), { status: 0, stdout: /^ok: / });
  const sent = gateway.stdout.split('\n').filter((line) => line !== '');
  const [segment = ''] = (await readdir(here.dir)).filter((name) => name.endsWith('.jsonl'));
  const written = (await readFile(join(here.dir, segment), 'utf8')).split('\n').filter((line) => line !== '');
  t.same(sent.slice(-written.length), written, 'standard output has what the file has');
});

t.test('A reader of standard output that never reads keeps no gateway from stopping.', async (t) => {
  const here = await place(t, '{ stdout: true }');
  // More than a pipe holds.
  await filled(here, 400);
  const args = [join(CLONE, 'bin/portcullis.cjs'), 'start', '--config', here.config];
  const gateway = spawn(process.execPath, args, { env: PLAIN_ENV, stdio: ['ignore', 'pipe', 'pipe'] });
  t.teardown(() => gateway.kill('SIGKILL'));
  let log = '';
  gateway.stderr.setEncoding('utf8');
  for await (const text of gateway.stderr) {
    log += String(text);
    if (log.includes('"ready"')) break;
  }
  const health = await portcullis(['health', '--config', here.config]);
  t.match(health.stderr, /catalog: no project/, 'and it answers meanwhile');
  t.notMatch(health.stderr, /audit/, 'a sink that lags does not close the gate');
  const ended = once(gateway, 'exit');
  gateway.kill('SIGTERM');
  t.same(await ended, [0, null]);
});
