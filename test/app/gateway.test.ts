import t, { type Test } from 'tap';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import { Gateway } from '../../src/app/gateway.ts';
import { CatalogSnapshot } from '../../src/catalog/snapshot.ts';
import { memoryStore } from '../../src/counters/memory-store.ts';
import { dial } from '../../src/net/dial.ts';
import { createLogger } from '../../src/observe/logger.ts';
import type { GateLimits } from '../../src/session/ports.ts';
import { createThrottle } from '../../src/throttle/throttle.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { login } from '../support/client-login.ts';
import { query } from '../support/frontend-messages.ts';
import { RawClient } from '../support/raw-client.ts';
import { aRole, certificate, verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { certificateStore } from '../support/server-certificate.ts';
import { LIMITS, RECORDS_ALL, RecordingJournal } from '../support/test-gate.ts';
import { goodScript } from '../support/upstream-steps.ts';

/** Bytes. */
const MAX_BUFFERED = 1_048_576;

/** A gateway under as much pressure as the test wants, before an upstream that echoes. */
async function openGateway(t: Test, limits: Partial<GateLimits> = {}) {
  const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
  const { host, port } = upstream;
  const branch = aBranch('br-main', {
    isDefault: true,
    upstream: anUpstream({ host, port, sslmode: 'disable' }),
    roles: [aRole('app', verifier)],
  });
  const catalog = new CatalogSnapshot([aProject('shop', [branch])]);
  const store = certificateStore(certificate);
  const pressure = {
    overloaded: false,
    closed: 0,
    close: () => {
      pressure.closed += 1;
    },
  };
  const lines: Record<string, unknown>[] = [];
  let look = (): void => {};
  const ticking = (tick: () => void): (() => void) => {
    look = tick;
    return () => {
      look = () => {};
    };
  };
  const gateway = new Gateway({
    listen: [{ host: '127.0.0.1', port: 0 }],
    catalog: () => catalog,
    certificates: () => store,
    mockSecret: Buffer.alloc(32, 7),
    limits: { ...LIMITS, maxBufferedBytes: MAX_BUFFERED, ...limits },
    throttle: createThrottle(
      { attempts: 10, window: 1000, block: 1000, exempt: allowlistFrom(['127.0.0.1'], 'test') },
      memoryStore(() => performance.now()),
    ),
    dial,
    recorder: RECORDS_ALL,
    journal: new RecordingJournal(),
    log: createLogger('info', { write: (line: string) => void lines.push(JSON.parse(line)) }),
    pressure,
    ticker: { now: () => 0, every: (_, tick) => ticking(tick) },
  });
  await gateway.listen();
  t.teardown(async () => {
    await gateway.drain(0);
    upstream.close();
  });
  const [ours = 0] = gateway.ports;
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect(ours);
    t.teardown(() => client.destroy());
    return client;
  };
  const shed = async (reason: string): Promise<number | undefined> => {
    const metric = await gateway.metrics.registry.getSingleMetric('portcullis_connections_shed_total')?.get();
    return metric?.values.find(({ labels }) => labels['reason'] === reason)?.value;
  };
  return { gateway, connect, pressure, lines, shed, look: () => look() };
}

t.test('Under pressure new connections are closed at once, and live sessions go on.', async (t) => {
  const { connect, pressure, lines, shed } = await openGateway(t);
  const before = await connect();
  await login(await before.requestTls());
  const halfway = await (await connect()).requestTls();
  t.equal(await shed('pressure'), 0);
  pressure.overloaded = true;
  for (let n = 0; n < 5; n += 1) t.equal((await (await connect()).closed()).length, 0);
  t.equal(await shed('pressure'), 5);
  t.match(lines, [{ msg: 'new connections are closed at once', reason: 'pressure' }]);
  t.equal(lines.length, 1);
  before.send(query('select 1'));
  for (const letter of 'TDCZ') await before.expect(letter);
  await login(halfway);
  pressure.overloaded = false;
  await login(await (await connect()).requestTls());
  t.equal(await shed('pressure'), 5);
});

t.test(
  'With too much waiting in memory new connections are closed, until there is room again.',
  async (t) => {
    const { gateway, connect, lines, shed, look } = await openGateway(t);
    const before = await connect();
    await login(await before.requestTls());
    const [live] = gateway.sessions.all();
    if (live === undefined) throw new Error('no session');
    const slow = { record: live.record, buffered: MAX_BUFFERED + 1, cut: () => t.fail('nobody is cut') };
    const leave = gateway.sessions.enter(slow);
    const metric = await gateway.metrics.registry.getSingleMetricAsString('portcullis_buffered_bytes');
    t.match(metric, new RegExp(`^portcullis_buffered_bytes ${slow.buffered}$`, 'm'));
    await login(await (await connect()).requestTls());
    look();
    look();
    t.equal((await (await connect()).closed()).length, 0);
    t.equal(await shed('buffers'), 1);
    before.send(query('select 1'));
    for (const letter of 'TDCZ') await before.expect(letter);
    leave();
    look();
    await login(await (await connect()).requestTls());
    t.match(lines, [
      { msg: 'too much waits in memory for slow peers: new connections are closed', bytes: slow.buffered },
      { msg: 'new connections are closed at once', reason: 'buffers' },
      { msg: 'there is room in memory again', limit: MAX_BUFFERED },
    ]);
  },
);

t.test('Where there are far too many, what comes more is closed at once.', async (t) => {
  const { gateway, connect, lines, shed } = await openGateway(t, { maxConnections: 10 });
  for (let n = 0; n < 11; n += 1) await connect();
  while (gateway.sessions.size < 11) await new Promise(setImmediate);
  t.equal((await (await connect()).closed()).length, 0);
  t.equal(await shed('crowd'), 1);
  t.match(lines, [{ msg: 'new connections are closed at once', reason: 'crowd', connections: 1 }]);
});

t.test('A gateway that drains watches no longer.', async (t) => {
  const { gateway, pressure } = await openGateway(t);
  await gateway.drain(0);
  t.equal(pressure.closed, 1);
});
