import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import t, { type Test } from 'tap';
import type { AdminSource, Order } from '../../src/admin/routes.ts';
import { AdminServer } from '../../src/admin/server.ts';
import { answerSessions } from '../../src/admin/sessions.ts';
import { Sessions } from '../../src/session/sessions.ts';
import { addressOf, MAIN, Scene } from '../throttle/a-throttle.ts';

interface Reply {
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(options: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent: false, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode, body, headers: response.headers }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

const { throttle } = new Scene({ attempts: 1 });

const orders: Order[] = [];

function aSource(checks: ReadonlyMap<string, string | undefined>): AdminSource {
  return {
    readiness: () => checks,
    metrics: new Registry(),
    lockouts: throttle.lockouts,
    sessions: (method, query) => answerSessions(method, query, new Sessions()),
    audit: { commit: async () => {}, purge: async () => ({ segments: [] }) },
    ordered: (order) => void orders.push(order),
  };
}

async function opened(t: Test, checks = new Map<string, string | undefined>([['listening', undefined]])) {
  const source = aSource(checks);
  const admin = await AdminServer.open({ host: '127.0.0.1', port: 0 }, source);
  t.teardown(() => admin.close());
  return { admin, source, at: { host: '127.0.0.1', port: admin.port } };
}

t.test('/livez, /readyz and /metrics answer on loopback.', async (t) => {
  const { at } = await opened(t);
  t.match(await ask({ ...at, path: '/livez' }), { status: 200, body: '{"status":"ok"}\n' });
  t.match(await ask({ ...at, path: '/readyz?verbose' }), { status: 200, body: /"listening":true/ });
  t.match(await ask({ ...at, path: '/metrics' }), {
    status: 200,
    headers: { 'content-type': /^text\/plain/ },
  });
  t.match(await ask({ ...at, path: '/livez', method: 'HEAD' }), { status: 200, body: '' });
});

t.test('What is not ready says which part.', async (t) => {
  const { at } = await opened(
    t,
    new Map<string, string | undefined>([
      ['listening', undefined],
      ['certificates', 'one has ended'],
    ]),
  );
  const reply = await ask({ ...at, path: '/readyz' });
  t.equal(reply.status, 503);
  t.same(JSON.parse(reply.body), {
    status: 'unavailable',
    checks: { listening: true, certificates: false },
    problems: { certificates: 'one has ended' },
  });
});

t.test('A page that rebound its name to loopback gets nothing.', async (t) => {
  const { at } = await opened(t);
  for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '10.0.0.1']) {
    t.equal((await ask({ ...at, path: '/metrics', headers: { host } })).status, 421, host);
  }
  for (const host of ['localhost', 'LOCALHOST:6433', '127.0.0.1:1', '[::1]:6433']) {
    t.equal((await ask({ ...at, path: '/livez', headers: { host } })).status, 200, host);
  }
});

t.test('Other paths and methods are refused.', async (t) => {
  const { at } = await opened(t);
  t.equal((await ask({ ...at, path: '/admin' })).status, 404);
  t.equal((await ask({ ...at, path: '/livez', method: 'POST' })).status, 405);
});

t.test('On a Unix socket only the owner asks, and a socket left over is replaced.', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-admin-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'portcullis.sock');
  const source = aSource(new Map());
  const first = await AdminServer.open({ path }, source);
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal((await ask({ socketPath: path, path: '/livez', headers: { host: 'anything' } })).status, 200);
  await t.rejects(AdminServer.open({ path }, source), { code: 'EADDRINUSE' });
  first.close();
  await writeFile(path, '').catch(() => undefined);
  await chmod(path, 0o644).catch(() => undefined);
  const second = await AdminServer.open({ path }, source);
  t.equal((await ask({ socketPath: path, path: '/livez' })).status, 200);
  second.close();
});

t.test('Lock-outs are shown and lifted by the control socket, and not by TCP.', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-admin-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'portcullis.sock');
  const admin = await AdminServer.open({ path }, aSource(new Map()));
  t.teardown(() => admin.close());
  for (const address of ['192.0.2.1', '192.0.2.2']) {
    await throttle.logins.failed({ address: addressOf(address), place: MAIN, role: 'app' });
  }
  const url = '/api/portcullis/v1/lockouts';
  const listed = JSON.parse((await ask({ socketPath: path, path: url })).body);
  t.match(listed.lockouts[0], { role: 'app', place: 'branch br-main', failures: 1, until: /^\d{4}-/ });
  const before = listed.lockouts.length;
  const one = { socketPath: path, method: 'DELETE', path: `${url}?address=192.0.2.1` };
  t.ok(JSON.parse((await ask(one)).body).lockouts.length > 0);
  t.same(JSON.parse((await ask(one)).body), { lockouts: [] });
  const left = JSON.parse((await ask({ socketPath: path, path: url })).body).lockouts;
  t.ok(left.length > 0 && left.length < before);
  t.equal((await ask({ ...one, path: `${url}?address=nowhere` })).status, 400);
  t.equal((await ask({ ...one, method: 'PUT' })).status, 405);
  t.equal((await ask({ ...(await opened(t)).at, path: url })).status, 404);
  t.equal((await ask({ ...(await opened(t)).at, path: url, method: 'DELETE' })).status, 405);
});

t.test('Every order is heard of with its answer, and what anybody may ask is not.', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-admin-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const socketPath = join(folder, 'portcullis.sock');
  const admin = await AdminServer.open({ path: socketPath }, aSource(new Map()));
  t.teardown(() => admin.close());
  orders.length = 0;
  const path = '/api/portcullis/v1/sessions';
  await ask({ socketPath, path: '/readyz' });
  await ask({ socketPath, path: `${path}?role=app`, method: 'DELETE' });
  await ask({ socketPath, path, method: 'PUT' });
  await ask({ ...(await opened(t)).at, path });
  t.strictSame(orders, [
    { method: 'DELETE', path, status: 200 },
    { method: 'PUT', path, status: 405 },
  ]);
});

t.test('It takes a few connections and no more, so that descriptors are left for clients.', async (t) => {
  const { at } = await opened(t);
  const held = Array.from({ length: 100 }, () => connect({ host: at.host, port: at.port ?? 0 }));
  t.teardown(() => {
    for (const socket of held) socket.destroy();
  });
  const closed = held.map(
    (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()).once('error', () => {})),
  );
  // Those over the bound are closed at once; the first of them ends the wait.
  await Promise.race(closed);
  t.equal(held.at(0)?.destroyed, false);
  for (const socket of held) socket.destroy();
  await Promise.all(closed);
  t.equal((await ask({ ...at, path: '/livez' })).status, 200);
});
