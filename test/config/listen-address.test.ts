import t from 'tap';
import { isHost, isLoopback, parseListenAddress } from '../../src/config/listen-address.ts';

t.test('host:port is read, IPv6 in brackets.', async (t) => {
  for (const [text, host, port] of [
    ['0.0.0.0:6432', '0.0.0.0', 6432],
    ['[::]:6432', '::', 6432],
    ['[2001:db8::5]:1', '2001:db8::5', 1],
    ['localhost:0', 'localhost', 0],
    ['my_host.example.:65535', 'my_host.example.', 65_535],
  ] as const) {
    t.strictSame(parseListenAddress(text), { host, port }, text);
  }
});

t.test('What has no host and port is shown how they are written.', async (t) => {
  for (const text of [
    '',
    ':6432',
    '6432',
    '::1:6432',
    '::',
    '0.0.0.0',
    '0.0.0.0:65536',
    'a:b',
    '[]:1',
    'a:1:2',
    '[::1]',
  ]) {
    t.strictSame(
      parseListenAddress(text),
      { problem: `${JSON.stringify(text)} is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets` },
      text,
    );
  }
});

t.test('What cannot be a host is told.', async (t) => {
  for (const [text, host] of [
    ['300.1.1.1:5', '300.1.1.1'],
    ['a b:5', 'a b'],
    ['-a:5', '-a'],
    ['[localhost]:5', 'localhost'],
    ['[fe80::1%eth0]:5', 'fe80::1%eth0'],
    ['[10.0.0.1]:5', '10.0.0.1'],
  ] as const) {
    t.strictSame(
      parseListenAddress(text),
      { problem: `"${host}" is not an address or a host name: write it as in 127.0.0.1:5` },
      text,
    );
  }
});

t.test('A host is an address or a name that DNS could hold.', async (t) => {
  for (const host of ['db', 'db.internal', 'DB-1.example.com', '10.0.0.1', '::1', 'a_b'])
    t.ok(isHost(host), host);
  for (const host of [
    '',
    '.',
    'a..b',
    'a-',
    '1.2.3',
    '0x1',
    'db:5432',
    'a/b',
    'ä',
    'a'.repeat(64),
    'a.'.repeat(130),
  ]) {
    t.notOk(isHost(host), host);
  }
});

t.test('Loopback is 127.0.0.0/8, ::1 and localhost.', async (t) => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '0:0::1', '::ffff:127.0.0.1', 'LOCALHOST'])
    t.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', 'localhost.example.com', '128.0.0.1'])
    t.notOk(isLoopback(host), host);
});
