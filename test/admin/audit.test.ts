import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type AuditDesk, answerExported, answerPurge } from '../../src/admin/audit.ts';
import type { Order } from '../../src/admin/routes.ts';
import { AdminServer } from '../../src/admin/server.ts';
import { ask } from '../../src/app/control-client.ts';
import type { AuditEvent } from '../../src/audit/events.ts';
import { TrailUnavailable } from '../../src/trail/error.ts';
import { adminSource } from '../support/admin-source.ts';

/** A trail that remembers what it is told, or cannot be written. */
class Desk implements AuditDesk {
  readonly events: AuditEvent[] = [];
  readonly purges: unknown[] = [];
  broken: Error | undefined;

  async commit(events: readonly AuditEvent[]): Promise<void> {
    if (this.broken !== undefined) throw this.broken;
    this.events.push(...events);
  }

  async purge(...purge: Parameters<AuditDesk['purge']>): Promise<{ segments: readonly string[] }> {
    if (this.broken !== undefined) throw this.broken;
    this.purges.push(purge);
    return { segments: ['0000000000000001'] };
  }
}

const EXPORTED = { type: 'trail-exported', from: 1, to: 2, records: 3, by: 'root' };

t.test('An export is recorded as a command’s, and nothing else may be.', async (t) => {
  const desk = new Desk();
  t.match(await answerExported('POST', JSON.stringify(EXPORTED), desk), { status: 200 });
  t.match(await answerExported('POST', '{"type":"trail-exported","records":0}', desk), { status: 200 });
  t.same(desk.events, [
    { ...EXPORTED, by: { kind: 'command', name: 'root' } },
    {
      type: 'trail-exported',
      from: undefined,
      to: undefined,
      records: 0,
      by: { kind: 'command', name: undefined },
    },
  ]);
  const bad = [
    '',
    'nonsense',
    'null',
    '[]',
    JSON.stringify({ ...EXPORTED, type: 'trail-purged' }),
    JSON.stringify({ ...EXPORTED, type: 'started' }),
    JSON.stringify({ ...EXPORTED, records: -1 }),
    JSON.stringify({ ...EXPORTED, records: 0.5 }),
    JSON.stringify({ ...EXPORTED, from: 1e300 }),
    JSON.stringify({ ...EXPORTED, by: 'x'.repeat(257) }),
    JSON.stringify({ ...EXPORTED, by: { kind: 'gateway' } }),
    JSON.stringify({ ...EXPORTED, more: 1 }),
  ];
  for (const body of bad) t.match(await answerExported('POST', body, desk), { status: 400 }, body);
  t.equal(desk.events.length, 2);
  t.match(await answerExported('GET', '', desk), { status: 405 });
});

t.test('A purge needs a time, and says what is gone.', async (t) => {
  const desk = new Desk();
  t.match(await answerPurge('POST', '{"before":5,"by":"root"}', desk), {
    status: 200,
    body: '{"segments":["0000000000000001"]}\n',
  });
  t.same(desk.purges, [[5, { kind: 'command', name: 'root' }]]);
  for (const body of ['', '{}', '{"before":"all"}', '{"before":5,"all":true}', '{"before":9e15}'])
    t.match(await answerPurge('POST', body, desk), { status: 400 }, body);
  t.match(await answerPurge('DELETE', '', desk), { status: 405 });
});

t.test('A trail that cannot be written says so.', async (t) => {
  const desk = new Desk();
  const whole = 'the audit trail in /var/audit cannot be written: no space is left';
  for (const [broken, message] of [
    [new Error('no space is left'), 'the audit trail cannot be written: no space is left'],
    [new TrailUnavailable(whole), whole],
  ] as const) {
    desk.broken = broken;
    const wanted = { status: 503, body: JSON.stringify({ message }) };
    t.match(await answerExported('POST', JSON.stringify(EXPORTED), desk), wanted);
    t.match(await answerPurge('POST', '{"before":5}', desk), wanted);
  }
});

async function socketIn(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-admin-'));
  t.teardown(() => rm(folder, { recursive: true }));
  return join(folder, 'portcullis.sock');
}

t.test('Only the control socket takes orders, each is told of, and none has a long body.', async (t) => {
  const desk = new Desk();
  const orders: Order[] = [];
  const source = { ...adminSource(), audit: desk, ordered: (order: Order) => void orders.push(order) };
  const socketPath = await socketIn(t);
  const admin = await AdminServer.open({ path: socketPath }, source);
  const open = await AdminServer.open({ host: '127.0.0.1', port: 0 }, source);
  t.teardown(() => {
    admin.close();
    open.close();
  });
  const [path, body] = ['/control/audit/events', JSON.stringify(EXPORTED)];
  t.equal((await ask({ socketPath }, 'POST', path, body)).status, 200);
  t.equal((await ask({ socketPath }, 'POST', '/control/audit/purge', '{"before":5}')).status, 200);
  t.same(
    orders.map((order) => [order.method, order.path, order.status]),
    [
      ['POST', path, 200],
      ['POST', '/control/audit/purge', 200],
    ],
  );
  t.equal((await ask({ host: '127.0.0.1', port: open.port ?? 0 }, 'POST', path, body)).status, 405);
  t.equal(desk.events.length, 1);
  t.equal(await statusOfLong({ socketPath, path, method: 'POST' }), 413);
});

/** The answer to a body of a megabyte, which is not read to its end. */
function statusOfLong(options: object): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ agent: false, ...options }, (response) => {
      resolve(response.statusCode);
      response.resume();
    });
    asked.on('error', reject);
    asked.end('x'.repeat(20_000));
  });
}
