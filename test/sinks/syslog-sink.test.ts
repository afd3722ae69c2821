import { readFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { type SyslogOptions, SyslogSink } from '../../src/sinks/syslog-sink.ts';
import { selfSigned } from '../support/openssl.ts';
import { passableFolder } from '../support/postgres.ts';
import { HandmadeTrail } from './a-trail.ts';
import { type Following, follow } from './following.ts';
import { SyslogServer, until } from './syslog-server.ts';

const SENDER = { hostname: 'gate-1', pid: 42 };
/** So that each test sees connections end. */
const SETTLE_MS = 300;

interface Sending extends Following {
  readonly trail: HandmadeTrail;
}

async function sending(t: Test, port: number, wish: Partial<SyslogOptions> = {}): Promise<Sending> {
  const trail = await HandmadeTrail.at(t);
  const place = { host: '127.0.0.1', port, tls: false, ca: undefined, sender: SENDER };
  const sink = new SyslogSink({ ...place, settleAfter: SETTLE_MS, ...wish });
  return { trail, ...follow(t, sink, trail) };
}

t.test(
  'Every record is sent once and in order while all is well, over one connection after the other.',
  async (t) => {
    const server = await SyslogServer.open(t);
    const { trail, follower, changes } = await sending(t, server.port);
    for (let round = 0; round < 4; round += 1) {
      await trail.add(50);
      await server.has(1, trail.sequence);
      if (round % 2 === 1) await until(() => server.open === 0);
    }
    await follower.close();
    t.same(
      server.sequences,
      Array.from({ length: 200 }, (_, index) => index + 1),
    );
    t.equal(server.connections, 2);
    t.same(server.violations, []);
    t.same(changes, []);
    t.match(
      server.messages[0],
      /^<110>1 2026-11-23T12:00:00\.001Z gate-1 portcullis 42 application_lifecycle - \{/,
    );
  },
);

t.test(
  'A server that goes away and comes back gets what it missed, and what it may have lost again.',
  async (t) => {
    const server = await SyslogServer.open(t);
    const { trail, follower } = await sending(t, server.port);
    await trail.add(10);
    await server.has(1, 10);
    await server.die();
    await trail.add(500);
    await until(() => !follower.state.connected);
    t.match(follower.state, { behind: 510, reason: /^127\.0\.0\.1:\d+: .*ECONNRE/ });
    const back = await SyslogServer.open(t, { port: server.port });
    await back.has(1, 510);
    await until(() => follower.state.connected && follower.state.behind === 0);
  },
);

for (const how of ['reset', 'hangUp'] as const)
  t.test(`What a connection held that the server ended by itself (${how}) is sent again.`, async (t) => {
    const server = await SyslogServer.open(t);
    const { trail, follower } = await sending(t, server.port, { settleAfter: 1000 });
    await trail.add(5);
    await server.has(1, 5);
    server[how]();
    await until(() => server.sequences.length === 10);
    t.same(server.sequences, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
    await until(() => follower.state.connected);
  });

t.test('A server that reads nothing is given up, and nothing counts as sent.', async (t) => {
  const server = await SyslogServer.open(t);
  server.stalled = true;
  const { trail, follower } = await sending(t, server.port, { patience: { end: 200 } });
  await trail.add(20);
  await until(() => !follower.state.connected);
  t.match(follower.state, { behind: 20, reason: /the server did not end the connection within 200 ms/ });
  server.stalled = false;
  await server.has(1, 20);
});

t.test('A server that stops reading is found by what it does not take.', async (t) => {
  const server = await SyslogServer.open(t);
  server.stalled = true;
  const patience = { write: 1000 };
  const { trail, follower } = await sending(t, server.port, { settleAfter: 60_000, patience });
  // More than the kernel keeps for a connection.
  await trail.add(10_000);
  await until(() => !follower.state.connected);
  t.match(follower.state, { behind: 10_000, reason: /the server did not take what was sent within 1000 ms/ });
  server.stalled = false;
  await server.has(1, 10_000);
});

t.test('A server that never ends its side is told of.', async (t) => {
  const server = await SyslogServer.open(t);
  server.clinging = true;
  const { trail, follower } = await sending(t, server.port, { patience: { end: 100 } });
  await trail.add(1);
  await until(() => /did not end the connection/.test(follower.state.reason ?? ''));
  t.match(server.sequences, [1]);
});

t.test('Who answers no handshake is given up in time.', async (t) => {
  const server = await SyslogServer.open(t);
  server.stalled = true;
  const { trail, follower } = await sending(t, server.port, { tls: true, patience: { connect: 100 } });
  await trail.add(1);
  await until(() => !follower.state.connected);
  t.match(follower.state.reason, /the server did not connect within 100 ms/);
});

t.test('Over TLS the certificate must be good and have the name.', async (t) => {
  const folder = await passableFolder(t);
  const files = await selfSigned(folder, 'syslog', { san: 'DNS:syslog.example,IP:127.0.0.1' });
  const other = await selfSigned(folder, 'other', { san: 'IP:127.0.0.1' });
  const pem = { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
  const server = await SyslogServer.open(t, { tls: pem });
  const good = [{}, { servername: 'syslog.example' }, { host: 'localhost', servername: 'syslog.example' }];
  for (const wish of good) {
    const { trail, follower } = await sending(t, server.port, { tls: true, ca: files.cert, ...wish });
    const before = server.messages.length;
    await trail.add(30);
    await until(() => server.messages.length === before + 30);
    await follower.close();
    t.equal(server.messages.length, before + 30, 'the end of a connection is a receipt under TLS, too');
  }
  const bad = [
    [{ ca: other.cert }, /self.signed/],
    [{ ca: undefined }, /self.signed/],
    [{ ca: files.cert, servername: 'other.example' }, /does not match/],
    [{ ca: `${folder}/missing.crt` }, /audit\.syslog\.ca .*missing\.crt: no such file/],
  ] as const;
  const before = server.messages.length;
  for (const [wish, reason] of bad) {
    const { trail, follower } = await sending(t, server.port, { tls: true, ...wish });
    await trail.add(1);
    await until(() => follower.state.reason !== undefined);
    t.match(follower.state.reason, reason);
  }
  t.equal(server.messages.length, before, 'nothing was said to a stranger');
});

t.test('A server that resets TLS connections gets what it had not read.', async (t) => {
  const folder = await passableFolder(t);
  const files = await selfSigned(folder, 'syslog', { san: 'IP:127.0.0.1' });
  const pem = { cert: await readFile(files.cert, 'utf8'), key: await readFile(files.key, 'utf8') };
  const server = await SyslogServer.open(t, { tls: pem });
  const { trail } = await sending(t, server.port, { tls: true, ca: files.cert, settleAfter: 1000 });
  await trail.add(5);
  await server.has(1, 5);
  server.reset();
  await until(() => server.sequences.length === 10);
  t.same(server.sequences, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5]);
});
