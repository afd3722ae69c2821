import t, { type Test } from 'tap';
import { RawClient } from '../support/raw-client.ts';
import { size } from '../support/size.ts';
import { echoGateway, median, memoryOf, timedLogin } from './echo-gateway.ts';

/** Connections that are opened and say nothing. */
const SILENT = size(5000, 1500);
const LOGINS = 31;
/** What one of them may cost the gateway. */
const MEMORY_BYTES = 30_000;
/** How much longer a login may take while they are there. */
const SLOWER = 2;
/** Opened at a time: fewer than the kernel holds for a gateway that is busy. */
const AT_ONCE = 100;

async function flood(t: Test, port: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  t.teardown(() => {
    for (const client of clients) client.destroy();
  });
  while (clients.length < SILENT) {
    const some = Array.from({ length: AT_ONCE }, () => RawClient.connect(port));
    clients.push(...(await Promise.all(some)));
  }
  return clients;
}

async function login(port: number): Promise<number> {
  const { client, took } = await timedLogin(port);
  client.destroy();
  return took;
}

const skip = process.platform === 'linux' ? false : 'memory is told by /proc';

t.test(`${SILENT} connections that send nothing are cheap, and delay nobody.`, { skip }, async (t) => {
  const flooded = await echoGateway(t, { handshake_timeout: '5m' });
  const quiet = await echoGateway(t, {});
  for (let warm = 0; warm < 10; warm += 1) for (const { port } of [flooded, quiet]) await login(port);
  const before = memoryOf(flooded.child.pid);
  await flood(t, flooded.port);
  const [withThem, without]: [number[], number[]] = [[], []];
  for (let n = 0; n < LOGINS; n += 1) {
    withThem.push(await login(flooded.port));
    without.push(await login(quiet.port));
  }
  const each = (memoryOf(flooded.child.pid) - before) / SILENT;
  t.ok(each < MEMORY_BYTES, `${Math.round(each)} bytes for each`);
  const ratio = median(withThem) / median(without);
  t.ok(ratio < SLOWER, `a login takes ${ratio.toFixed(2)} times as long`);
});

t.test(`${SILENT} connections that send nothing are gone after the deadline.`, async (t) => {
  const gateway = await echoGateway(t, { handshake_timeout: '3s' });
  const silent = await flood(t, gateway.port);
  const said = await Promise.all(silent.map((client) => client.closed()));
  t.ok(
    said.every((bytes) => bytes.length === 0),
    'closed without a word',
  );
  await login(gateway.port);
  const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPort}/metrics`)).text();
  const figure = (name: string): number =>
    Number(
      metrics
        .split('\n')
        .find((row) => row.startsWith(`portcullis_${name} `))
        ?.split(' ')[1],
    );
  // On a machine that cannot keep up, some are closed at once.
  const late = figure('connections_total{outcome="refused",reason="timeout"}');
  const shed = figure('connections_shed_total{reason="pressure"}');
  t.equal(late + shed, SILENT, `${late} at the deadline, ${shed} at once`);
});
