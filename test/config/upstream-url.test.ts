import fc from 'fast-check';
import t from 'tap';
import { parseUpstreamUrl } from '../../src/config/upstream-url.ts';
import { CA_PEM, surroundings } from './a-config.ts';

const around = surroundings({ files: { '/srv/ca.crt': CA_PEM } });

function url(text: string) {
  const parsed = parseUpstreamUrl(text, around);
  if ('problems' in parsed) throw new Error(parsed.problems.join('\n'));
  return parsed;
}

function problems(text: string): readonly string[] {
  const parsed = parseUpstreamUrl(text, around);
  return 'problems' in parsed ? parsed.problems : [];
}

t.test('A URL names the upstream, and the role that asks it for verifiers.', async (t) => {
  const { target, authQuery } = url(
    'postgres://gate:p%40ss%2F@db.internal:5433/app?sslmode=verify-ca&sslrootcert=ca.crt&channel_binding=require&require_auth=scram-sha-256,md5',
  );
  t.strictSame(target, {
    host: 'db.internal',
    port: 5433,
    sslmode: 'verify-ca',
    sslrootcert: CA_PEM,
    requireAuth: new Set(['scram-sha-256', 'md5']),
    channelBinding: 'require',
    proxyProtocol: 'off',
    database: undefined,
  });
  t.equal(authQuery.password?.reveal(), 'p@ss/');
  t.match(authQuery, {
    role: 'gate',
    database: 'app',
    query: undefined,
    superusers: false,
    replicationRoles: false,
  });
});

t.test('What the URL names besides is told as it is named, wherever the host stands.', async (t) => {
  t.match(url('postgres://gate@/sh%6Fp?host=/var/run&sslrootcert=ca.crt'), {
    target: { host: '/var/run' },
    database: 'shop',
    rootCertFile: 'ca.crt',
  });
  for (const text of ['postgres://gate@db', 'postgres://gate@db/?sslrootcert=system'])
    t.match(url(text), { database: undefined, rootCertFile: undefined }, text);
});

t.test('What a URL leaves out has its default.', async (t) => {
  const { target, authQuery } = url('postgresql://gate@db');
  t.match(target, {
    host: 'db',
    port: 5432,
    sslmode: 'verify-full',
    sslrootcert: undefined,
    channelBinding: 'prefer',
  });
  t.equal(authQuery.password, undefined);
  t.equal(authQuery.database, 'postgres');
});

t.test(
  'A host may be an IPv6 address, or the folder of a Unix socket in either of libpq’s ways.',
  async (t) => {
    t.match(url('postgres://gate@[2001:db8::1]:1/').target, { host: '2001:db8::1', port: 1 });
    t.match(url('postgres://gate@%2Fvar%2Frun/').target, { host: '/var/run', sslmode: 'disable' });
    t.match(url('postgres://gate@/app?host=/var/run').target, { host: '/var/run', sslmode: 'disable' });
  },
);

t.test(
  'A host or a port among the parameters counts before the one in its place, as in libpq.',
  async (t) => {
    t.match(url('postgres://gate@/app?host=db.internal&port=5433').target, {
      host: 'db.internal',
      port: 5433,
    });
    t.match(url('postgres://gate@other:1/app?host=db&port=65535').target, { host: 'db', port: 65_535 });
    t.match(url('postgres://gate@/?host=2001:db8::1&port=').target, { host: '2001:db8::1', port: 5432 });
    t.match(url('postgres://gate@/app?host=/var/run&port=5433').target, { host: '/var/run', port: 5433 });
  },
);

const FORM = 'is not a URL postgres://role:password@host:5432/database: percent-encode what is special in it';

for (const [text, ...expected] of [
  ['', FORM],
  ['db.internal', FORM],
  ['mysql://u@h', FORM],
  ['postgres://u:p@h:99999/', FORM],
  ['postgres://u:p/q@h/', FORM],
  ['postgres://u:p q@h/', FORM],
  ['postgres://u:p\tq@h/', FORM],
  ['postgres://u:p%zz@h/', 'has a % that encodes nothing: write %25 for a percent sign'],
  ['postgres://u:p@h/#x', 'has a # in it: write %23'],
  ['postgres://h/db', 'names no role: write postgres://role:password@host'],
  ['postgres://u@/db', 'names no host, or one that cannot be: write one host'],
  ['postgres://u@a,b/db', 'names no host, or one that cannot be: write one host'],
  [`postgres://${'u'.repeat(64)}@h`, 'names a role that PostgreSQL cannot have: at most 63 bytes, no NUL'],
  ['postgres://u@h/a%00b', 'names a database that PostgreSQL cannot have: at most 63 bytes, no NUL'],
  ['postgres://u@h?port=0', 'has port, which must be a whole number from 1 to 65535'],
  ['postgres://u@h?port=65536', 'has port, which must be a whole number from 1 to 65535'],
  ['postgres://u@h?port=5432,5433', 'has port, which must be a whole number from 1 to 65535'],
  ['postgres://u@h?port=0x10', 'has port, which must be a whole number from 1 to 65535'],
  ['postgres://u@h?port=1&port=2', 'has "port" twice: remove one'],
  ['postgres://u@h?host=a,b', 'names no host, or one that cannot be: write one host'],
  ['postgres://u@h?host=', 'names no host, or one that cannot be: write one host'],
  [
    'postgres://u@h?connect_timeout=5',
    'unknown parameter "connect_timeout": remove it; known here: host, port, sslmode, sslrootcert, channel_binding, require_auth',
  ],
  ['postgres://u@h?sslmod=x', 'unknown parameter "sslmod", did you mean "sslmode"?'],
  [
    'postgres://u@h?sslmode=prefer',
    'has sslmode, which must be one of disable, require, verify-ca, verify-full',
  ],
  ['postgres://u@h?sslmode=require&sslmode=disable', 'has "sslmode" twice: remove one'],
  ['postgres://u@h?sslrootcert=no.crt', '"no.crt": no such file'],
  ['postgres://u@h?sslmode=disable&channel_binding=require', 'require needs TLS to the upstream: use prefer'],
  [
    'postgres://u@h?require_auth=',
    'has require_auth, which must be one of scram-sha-256, md5, password, none',
  ],
] as const) {
  t.test(`${JSON.stringify(text.slice(0, 60))} is told with its mend.`, async (t) => {
    t.strictSame(problems(text), expected);
  });
}

t.test('Whatever a URL is made of, nothing is thrown and no problem shows its password.', async (t) => {
  const piece = fc.constantFrom(
    'u',
    'hunter2',
    ':',
    '@',
    '/',
    '?',
    '#',
    '&',
    '=',
    '%',
    '%40',
    '[',
    ']',
    ',',
    ' ',
    '\0',
    'sslmode',
    'host',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const text = `postgres://u:hunter2${pieces.join('')}`;
      // A parameter's name is quoted, and nothing else.
      return problems(text).every(
        (problem) =>
          problem.startsWith('unknown parameter') ||
          problem.includes('twice') ||
          !problem.includes('hunter2'),
      );
    }),
    { numRuns: 1000 },
  );
  t.pass('any pieces of a URL');
});
