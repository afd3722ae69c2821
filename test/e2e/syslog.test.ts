import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { SyslogSink } from '../../src/sinks/syslog-sink.ts';
import { HandmadeTrail } from '../sinks/a-trail.ts';
import { follow } from '../sinks/following.ts';
import { selfSigned } from '../support/openssl.ts';
import { passableFolder } from '../support/postgres.ts';
import { noRsyslog, noRsyslogTls, Rsyslog, type RsyslogPlace } from '../support/rsyslog.ts';
import { size } from '../support/size.ts';

const EVENTS = size(20_000, 400);
const LOOK_MS = 50;
const PATIENCE_MS = 60_000;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function sequencesIn(rsyslog: Rsyslog): Promise<number[]> {
  return (await rsyslog.messages()).map(
    (text) => JSON.parse(text.slice(text.indexOf('{'))).metadata.sequence,
  );
}

/** Every record up to the last has come. */
async function hasAll(rsyslog: Rsyslog, last: number): Promise<number[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const got = await sequencesIn(rsyslog);
    const seen = new Set(got);
    if (seen.size === last && got.length >= last) return got;
    if (performance.now() > deadline) throw new Error(`${seen.size} of ${last} came: ${rsyslog.said}`);
    await setTimeout(LOOK_MS);
  }
}

/** Stops, fails and restarts a real rsyslog while records come, and looks whether all of them arrived. */
async function survives(t: Test, place: RsyslogPlace, ca?: string): Promise<void> {
  const trail = await HandmadeTrail.at(t);
  const sink = new SyslogSink({
    host: '127.0.0.1',
    port: place.port,
    tls: place.tls !== undefined,
    ca,
    settleAfter: 1000,
  });
  let rsyslog = await Rsyslog.start(t, place);
  const { follower, missed } = follow(t, sink, trail);
  for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
    await trail.add(EVENTS / 4);
    await hasAll(rsyslog, trail.sequence);
    // With a connection that is open, and more on the way.
    await trail.add(EVENTS / 4);
    await rsyslog.stop(signal);
    await trail.add(EVENTS / 2);
    await setTimeout(500);
    rsyslog = await Rsyslog.start(t, place);
  }
  trail.rotate();
  await trail.add(10);
  const got = await hasAll(rsyslog, trail.sequence);
  await follower.close();
  t.equal(new Set(got).size, trail.sequence);
  t.comment(`${got.length} messages for ${trail.sequence} records`);
  t.same(missed, []);
  const [first = ''] = await rsyslog.messages();
  t.match(first, /^110 portcullis application_lifecycle \{/);
  t.ok(
    trail.lines[1] !== undefined && first.endsWith(trail.lines[1]),
    'the text is the record, byte for byte',
  );
}

t.test('A real rsyslog gets every event across restarts and outages.', { skip: noRsyslog }, async (t) => {
  await survives(t, { folder: await passableFolder(t), port: await freePort() });
});

t.test('Over TLS, too.', { skip: noRsyslogTls }, async (t) => {
  const folder = await passableFolder(t);
  const { cert, key } = await selfSigned(folder, 'syslog', { san: 'IP:127.0.0.1' });
  await survives(t, { folder, port: await freePort(), tls: { ca: cert, cert, key } }, cert);
});
