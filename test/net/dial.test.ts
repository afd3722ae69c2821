import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { dial } from '../../src/net/dial.ts';
import { UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { anUpstream } from '../catalog/a-catalog.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { expect, hang, send } from '../support/upstream-steps.ts';

const never = new AbortController().signal;

t.test('TCP without TLS is a plain connection.', async (t) => {
  const upstream = await ScriptedUpstream.open({ scripts: [[send(Buffer.from('hi')), hang]] });
  t.teardown(() => upstream.close());
  const { host, port } = upstream;
  const { stream, tls, binding } = await dial(anUpstream({ host, port, sslmode: 'disable' }), never);
  t.equal(tls, false);
  t.equal(binding, undefined);
  stream.once('data', (bytes: Buffer) => t.equal(bytes.toString(), 'hi'));
  await new Promise((resolve) => stream.once('data', resolve));
  stream.destroy();
});

t.test('A folder is that of a Unix socket, on which TLS is never asked for.', async (t) => {
  const socketDir = await mkdtemp(join(tmpdir(), 'pc-dial-'));
  t.teardown(() => rm(socketDir, { recursive: true }));
  const upstream = await ScriptedUpstream.open({ scripts: [[hang]], socketDir });
  t.teardown(() => upstream.close());
  for (const sslmode of ['disable', 'require', 'verify-full'] as const) {
    const { stream, tls } = await dial(anUpstream({ host: socketDir, sslmode }), never);
    t.equal(tls, false);
    stream.destroy();
  }
  await upstream.deserted();
  t.ok(upstream.conversations.every(({ inbox }) => inbox.all.length === 0));
});

t.test('What cannot be reached is named, with the reason.', async (t) => {
  const targets = [
    [{ host: '127.0.0.1', port: 1 }, /^127\.0\.0\.1:1: .*ECONNREFUSED/],
    [{ host: 'localhost', port: 1 }, /^localhost:1: .*ECONNREFUSED/],
    [{ host: '/nowhere', port: 5432 }, /^\/nowhere\/\.s\.PGSQL\.5432: .*ENOENT/],
    [{ host: `/${'x'.repeat(200)}`, port: 5432 }, /^\/x+\/\.s\.PGSQL\.5432: ./],
  ] as const;
  for (const [target, message] of targets) {
    await t.rejects(dial(anUpstream(target), never), { name: 'UpstreamUnreachable', message });
  }
  const failure: unknown = await dial(anUpstream({ host: '127.0.0.1', port: 1 }), never).catch(
    (error) => error,
  );
  t.type(failure, UpstreamUnreachable);
});

t.test('An abort ends the dial with its reason, before, during and after the connection.', async (t) => {
  const early = AbortSignal.abort(new Error('too late'));
  await t.rejects(dial(anUpstream({ host: '127.0.0.1', port: 1 }), early), Error('too late'));
  // 192.0.2.0/24 is nobody's (RFC 5737): the connection neither comes nor fails, or fails at once.
  const unanswered = new AbortController();
  const dialling = dial(anUpstream({ host: '192.0.2.1', port: 9 }), unanswered.signal);
  setImmediate(() => unanswered.abort(new Error('too late')));
  await t.rejects(dialling, /too late|192\.0\.2\.1:9/);
  const upstream = await ScriptedUpstream.open({
    scripts: [[hang], [expect('ssl-request'), send(Buffer.from('S')), hang]],
  });
  t.teardown(() => upstream.close());
  const { host, port } = upstream;
  for (let tries = 0; tries < 2; tries += 1) {
    const deadline = new AbortController();
    setTimeout(() => deadline.abort(new Error('too late')), 30);
    await t.rejects(dial(anUpstream({ host, port, sslmode: 'require' }), deadline.signal), Error('too late'));
  }
  await upstream.deserted();
  t.equal(upstream.connections, 0);
});
