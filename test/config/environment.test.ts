import fc from 'fast-check';
import t from 'tap';
import { configFromEnvironment } from '../../src/config/environment.ts';
import { print, surroundings } from './a-config.ts';

const URL = 'postgres://gate:hunter2@db:5432/app';
const FILES = { '/srv/url': `${URL}\n`, '/srv/ips': '10.0.0.1\n10.0.0.2\n' };

function read(env: Record<string, string>) {
  return configFromEnvironment(surroundings({ env, files: FILES }));
}

function sidecar(env: Record<string, string>) {
  const parsed = read({ PORTCULLIS_UPSTREAM: URL, ...env });
  if ('problems' in parsed) throw new Error(print(parsed.problems).join('\n'));
  return parsed.sidecar;
}

/** Its problems, or its warnings where it has none. */
function told(env: Record<string, string>): string[] {
  const parsed = read(env);
  return print('problems' in parsed ? parsed.problems : parsed.warnings);
}

t.test('A URL is enough: one project with one branch, and every default.', async (t) => {
  const { config, projects, hostnames } = sidecar({ PATH: '/bin' });
  t.match(config, {
    listen: [{ host: '0.0.0.0', port: 6432 }],
    tls: {
      minVersion: 'TLSv1.2',
      certificates: [{ cert: '/srv/certs/server.crt', key: '/srv/certs/server.key' }],
    },
    limits: { maxConnections: 10_000, handshakeTimeout: 15_000 },
    drain: 8000,
    admin: { listen: { host: '127.0.0.1', port: 6433 } },
  });
  t.equal(config.catalog, undefined);
  t.strictSame(hostnames, ['localhost']);
  t.equal(projects.length, 1);
  t.match(projects[0], { id: 'default', allowedIps: undefined });
  t.match(projects[0]?.branches, [
    {
      id: 'br-main',
      name: 'main',
      isDefault: true,
      isProtected: false,
      endpoints: ['ep-main'],
      roles: [],
      replication: false,
      scramIterations: 4096,
      connectionLimit: undefined,
      idleSessionTimeout: undefined,
      maxSessionAge: undefined,
      resetAt: undefined,
      upstream: { host: 'db', sslmode: 'verify-full' },
      authQuery: { role: 'gate', database: 'app' },
    },
  ]);
  t.strictSame(told({ PORTCULLIS_UPSTREAM: URL }), []);
});

t.test('The allowlist: unset admits everyone, blank nobody.', async (t) => {
  const ips = (env: Record<string, string>) => sidecar(env).projects[0]?.allowedIps;
  t.equal(ips({}), undefined);
  t.strictSame(ips({ PORTCULLIS_ALLOWED_IPS: '' }), { ips: [], protectedBranchesOnly: false });
  t.strictSame(ips({ PORTCULLIS_ALLOWED_IPS: ' , \n' }), { ips: [], protectedBranchesOnly: false });
  t.strictSame(told({ PORTCULLIS_UPSTREAM: URL, PORTCULLIS_ALLOWED_IPS: ' ' }), [
    'PORTCULLIS_ALLOWED_IPS: warning: is blank: nobody is admitted',
  ]);
  t.strictSame(ips({ PORTCULLIS_ALLOWED_IPS: '10.0.0.1, 10.1.0.0 / 16\t::1\n10.2.0.1 - 10.2.0.9' })?.ips, [
    '10.0.0.1',
    '10.1.0.0/16',
    '::1',
    '10.2.0.1-10.2.0.9',
  ]);
  t.strictSame(ips({ PORTCULLIS_ALLOWED_IPS_FILE: 'ips' })?.ips, ['10.0.0.1', '10.0.0.2']);
});

t.test('Addresses, names and a certificate of its own.', async (t) => {
  const { config, hostnames } = sidecar({
    PORTCULLIS_LISTEN: '0.0.0.0:1, [::]:2 0.0.0.0:1',
    PORTCULLIS_HOSTNAMES: 'db.example.com *.db.example.com,10.0.0.1',
  });
  t.strictSame(config.listen, [
    { host: '0.0.0.0', port: 1, proxiedBy: undefined },
    { host: '::', port: 2, proxiedBy: undefined },
  ]);
  t.strictSame(hostnames, ['db.example.com', '*.db.example.com', '10.0.0.1']);
  const given = sidecar({ PORTCULLIS_TLS_CERT: 'my.crt', PORTCULLIS_TLS_KEY_FILE: '/run/secrets/my.key' });
  t.strictSame(given.config.tls.certificates, [{ cert: '/srv/my.crt', key: '/run/secrets/my.key' }]);
  t.equal(given.hostnames, undefined);
});

t.test('A twin gives the text of its file.', async (t) => {
  const parsed = read({ PORTCULLIS_UPSTREAM_FILE: 'url' });
  t.match(parsed, { sidecar: { projects: [{ branches: [{ authQuery: { role: 'gate' } }] }] } });
});

t.test('What Kubernetes, Docker links and the runtime set is passed over.', async (t) => {
  const env = {
    PORTCULLIS_UPSTREAM: URL,
    PORTCULLIS_RUNTIME: 'bun',
    PORTCULLIS_SERVICE_HOST: '10.0.0.1',
    PORTCULLIS_SERVICE_PORT: '6432',
    PORTCULLIS_SERVICE_PORT_POSTGRES: '6432',
    PORTCULLIS_PORT: 'tcp://10.0.0.1:6432',
    PORTCULLIS_PORT_6432_TCP: 'tcp://10.0.0.1:6432',
    PORTCULLIS_PORT_6432_TCP_ADDR: '10.0.0.1',
  };
  t.strictSame(told(env), []);
});

for (const [env, ...expected] of [
  [
    {},
    'PORTCULLIS_UPSTREAM: is not set: set it to postgres://role:password@host:5432/database, or give --config FILE',
  ],
  [{ PORTCULLIS_UPSTREAM: ' ' }, 'PORTCULLIS_UPSTREAM: is set but blank: give it a value, or unset it'],
  [
    { PORTCULLIS_UPSTREAM_FILE: 'none' },
    'PORTCULLIS_UPSTREAM_FILE: names a file that cannot be used: no such file',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_UPSTREAM_FILE: 'url' },
    'PORTCULLIS_UPSTREAM: PORTCULLIS_UPSTREAM_FILE is set, too: unset one of them',
  ],
  [
    { PORTCULLIS_UPSTREAM: 'hunter2' },
    'PORTCULLIS_UPSTREAM: is not a URL postgres://role:password@host:5432/database: percent-encode what is special in it',
  ],
  [
    { PORTCULLIS_UPSTREM: URL, PORTCULLIS_UPSTREAM: URL },
    'PORTCULLIS_UPSTREM: unknown variable "PORTCULLIS_UPSTREM", did you mean "PORTCULLIS_UPSTREAM"?',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_ALLOWED_IPS: '10.0.0.1,10.0.0.2/8,10.0.0.5-10.0.0.1' },
    'PORTCULLIS_ALLOWED_IPS: 10.0.0.2/8 has host bits set: write 10.0.0.0/8 or 10.0.0.2/32',
    'PORTCULLIS_ALLOWED_IPS: 10.0.0.5-10.0.0.1 is reversed: write 10.0.0.1-10.0.0.5',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_LISTEN: '' },
    'PORTCULLIS_LISTEN: is set but blank: give it a value, or unset it',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_LISTEN: '6432' },
    'PORTCULLIS_LISTEN: "6432" is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_ALLOWED_IPS: URL },
    'PORTCULLIS_ALLOWED_IPS: holds a URL, which belongs in PORTCULLIS_UPSTREAM',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_HOSTNAMES: 'a/b' },
    'PORTCULLIS_HOSTNAMES: "a/b" is not a host name: mend or remove it',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_TLS_CERT: 'a' },
    'PORTCULLIS_TLS_CERT: needs PORTCULLIS_TLS_KEY beside it: set both, or neither',
  ],
  [
    { PORTCULLIS_UPSTREAM: URL, PORTCULLIS_TLS_KEY_FILE: 'a' },
    'PORTCULLIS_TLS_KEY_FILE: needs PORTCULLIS_TLS_CERT beside it: set both, or neither',
  ],
  [
    {
      PORTCULLIS_UPSTREAM: URL,
      PORTCULLIS_TLS_CERT: 'a',
      PORTCULLIS_TLS_KEY: 'b',
      PORTCULLIS_HOSTNAMES: 'x',
    },
    'PORTCULLIS_HOSTNAMES: warning: does nothing where a certificate is given: unset it',
  ],
] as const) {
  t.test(`${JSON.stringify(env).replaceAll(URL, 'URL')} is told.`, async (t) => {
    t.strictSame(told(env), expected);
  });
}

t.test('Whatever the variables hold, nothing is thrown and nothing secret told.', async (t) => {
  const value = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom(URL, 'url', '', '10.0.0.1', '[::]:1', 'hunter2'),
  );
  const name = fc.constantFrom(
    'UPSTREAM',
    'UPSTREAM_FILE',
    'ALLOWED_IPS',
    'LISTEN',
    'HOSTNAMES',
    'TLS_CERT',
    'TLS_KEY_FILE',
    'X',
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        name.map((each) => `PORTCULLIS_${each}`),
        value,
      ),
      (env) => told(env).every((line) => !/[\r\n]/.test(line) && !line.includes('gate:hunter2')),
    ),
    { numRuns: 300 },
  );
  t.pass('any values');
});
