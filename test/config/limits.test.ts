// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import t from 'tap';
import { serverConfig, serverProblems } from './a-config.ts';

/** The limits stand on line 3, from column 11 on. */
const HEAD = 'tls: { certificates: [{ cert: a, key: b }] }\ncatalog: { file: c }\n';

function limits(written: string, env: Record<string, string> = {}) {
  return serverConfig(`${HEAD}limits: { ${written} }\n`, { env }).limits;
}

function problems(written: string): string[] {
  return serverProblems(`${HEAD}limits: { ${written} }\n`);
}

t.test('Every limit is taken.', async (t) => {
  const all = [
    'max_connections: 5',
    'connections_per_address: 3',
    'handshake_timeout: 2m',
    'upstream_connect_timeout: 500ms',
    'cancel_timeout: 1s',
    'write_stall_timeout: 1h',
    'max_buffered_bytes: 64MiB',
    'keepalive: 30s',
    'failed_logins: { attempts: 3, window: 1m, block: 1h, exempt: [10.0.0.0/8, "::1"] }',
  ];
  t.strictSame(limits(all.join(', ')), {
    maxConnections: 5,
    connectionsPerAddress: 3,
    handshakeTimeout: 120_000,
    upstreamConnectTimeout: 500,
    cancelTimeout: 1000,
    maxBufferedBytes: 67_108_864,
    writeStallTimeout: 3_600_000,
    keepalive: 30_000,
    failedLogins: { attempts: 3, window: 60_000, block: 3_600_000, exempt: ['10.0.0.0/8', '::1'] },
  });
});

t.test('A number may come from a variable; off is a word.', async (t) => {
  t.equal(limits('connections_per_address: "${N}"', { N: '20' }).connectionsPerAddress, 20);
  t.equal(limits('connections_per_address: "${N}"', { N: 'off' }).connectionsPerAddress, undefined);
  t.equal(limits('connections_per_address: off').connectionsPerAddress, undefined);
});

/** The smallest and the largest value, then those next to them that are too much, and what is said of those. */
const BOUNDS: readonly (readonly [key: string, least: string, most: string, below: string, above: string])[] =
  [
    ['max_connections', '1', '1000000', '0', '1000001'],
    ['connections_per_address', '1', '1000000', '0', '1000001'],
    ['handshake_timeout', '1s', '10m', '999ms', '601s'],
    ['upstream_connect_timeout', '100ms', '1m', '99ms', '61s'],
    ['cancel_timeout', '100ms', '1m', '99ms', '61s'],
    ['write_stall_timeout', '1s', '1d', '999ms', '25h'],
    ['max_buffered_bytes', '1MiB', '1024GiB', '1023KiB', '1025GiB'],
    ['keepalive', '1s', '1d', '999ms', '25h'],
  ];

for (const [key, least, most, below, above] of BOUNDS) {
  t.test(`limits.${key} is from ${least} to ${most}.`, async (t) => {
    for (const value of [least, most]) t.strictSame(problems(`${key}: ${value}`), [], value);
    const what = /^\d+$/.test(least) ? 'a whole number ' : '';
    const range = `f.yaml:3:${13 + key.length}: limits.${key} must be ${what}from ${least} to ${most}`;
    for (const value of [below, above]) t.strictSame(problems(`${key}: ${value}`), [range], value);
  });
}

for (const [written, expected] of [
  [
    'connections_per_address: none',
    'f.yaml:3:36: limits.connections_per_address must be off or a whole number from 1 to 1000000',
  ],
  [
    'keepalive: off',
    'f.yaml:3:22: limits.keepalive must be a duration: a whole number and one of ms, s, m, h, d, such as 15s',
  ],
  [
    'failed_logins: { attempts: 0 }',
    'f.yaml:3:38: limits.failed_logins.attempts must be a whole number from 1 to 1000000',
  ],
  ['failed_logins: { window: 0s }', 'f.yaml:3:36: limits.failed_logins.window must be from 1s to 1d'],
  ['failed_logins: { block: 2d }', 'f.yaml:3:35: limits.failed_logins.block must be from 1s to 1d'],
  [
    'failed_logins: { exempt: [10.0.0.1/8] }',
    'f.yaml:3:37: 10.0.0.1/8 has host bits set: write 10.0.0.0/8 or 10.0.0.1/32',
  ],
] as const) {
  t.test(`limits of ${written} are told with their place and mend.`, async (t) => {
    t.strictSame(problems(written), [expected]);
  });
}

t.test('Revocation lists without the authorities that they belong to revoke nothing.', async (t) => {
  const text = 'tls: { certificates: [{ cert: a, key: b }], client_crl: d }\ncatalog: { file: c }\n';
  t.strictSame(serverProblems(text), [
    'f.yaml:1:57: a revocation list without tls.client_ca revokes nothing: add client_ca',
  ]);
});
