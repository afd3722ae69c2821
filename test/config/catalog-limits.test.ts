import t from 'tap';
import { catalogProblems, catalogProjects } from './a-config.ts';

const HEAD = 'projects:\n- id: p\n  branches:\n  - id: br-a\n    name: a\n    default: true\n';

/** One project with one branch; `lines` begin on line 8, at column 5. */
function withBranch(...lines: string[]): string {
  return `${HEAD}    upstream: { host: db }\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function branch(...lines: string[]) {
  return catalogProjects(withBranch(...lines), { clientCa: true })[0]?.branches[0];
}

t.test('A branch and its roles bound sessions only where they say so.', async (t) => {
  t.match(branch('roles: [{ name: a, no_login: true }]'), {
    connectionLimit: undefined,
    idleSessionTimeout: undefined,
    maxSessionAge: undefined,
    roles: [{ connectionLimit: undefined }],
  });
  const written = [
    'connection_limit: 100',
    'idle_session_timeout: 30m',
    'max_session_age: 12h',
    'roles: [{ name: a, no_login: true, connection_limit: 5 }]',
  ];
  t.match(branch(...written), {
    connectionLimit: 100,
    idleSessionTimeout: 1_800_000,
    maxSessionAge: 43_200_000,
    roles: [{ connectionLimit: 5 }],
  });
});

t.test(
  'A client certificate is looked at where one is shown, and names no role, unless a branch says more.',
  async (t) => {
    t.match(branch(), { clientCertificate: 'optional', clientCertificateRole: 'off' });
    t.match(branch('client_certificate: off'), { clientCertificate: 'off', clientCertificateRole: 'off' });
    t.match(branch('client_certificate: required', 'client_certificate_role: cn'), {
      clientCertificate: 'required',
      clientCertificateRole: 'cn',
    });
    t.match(branch('client_certificate_role: san'), {
      clientCertificate: 'optional',
      clientCertificateRole: 'san',
    });
  },
);

t.test('A reset has a time as RFC 3339 writes it, with its distance from Greenwich.', async (t) => {
  const times: readonly [string, number][] = [
    ['2026-11-23T18:04:05Z', Date.UTC(2026, 10, 23, 18, 4, 5)],
    ['2026-11-23T18:04:05.678+01:30', Date.UTC(2026, 10, 23, 16, 34, 5, 678)],
    ['2026-11-23t18:04:05z', Date.UTC(2026, 10, 23, 18, 4, 5)],
  ];
  for (const [written, at] of times) t.equal(branch(`reset_at: ${written}`)?.resetAt, at, written);
  const wrong = [
    '2026-11-23',
    '2026-11-23T18:04:05',
    '2026-13-23T18:04:05Z',
    'yesterday',
    '5',
    '2026-02-30 1:2:3Z',
  ];
  for (const written of wrong)
    t.match(
      catalogProblems(withBranch(`reset_at: ${written}`))[0],
      /reset_at must be a time as 2026-11-23T18:04:05Z$/,
      written,
    );
});

t.test('An upstream is told of the client by a PROXY header only where it says so.', async (t) => {
  const proxy = (upstream: string) =>
    catalogProjects(`${HEAD}    upstream: { ${upstream} }\n`)[0]?.branches[0]?.upstream.proxyProtocol;
  t.equal(proxy('host: db'), 'off');
  for (const version of ['off', 'v1', 'v2']) t.equal(proxy(`host: db, proxy_protocol: ${version}`), version);
});

const AT = 'projects[0].branches[0]';

/** The smallest and the largest value, then those next to them that are too much. */
for (const [key, least, most, below, above] of [
  ['connection_limit', '1', '1000000', '0', '1000001'],
  ['idle_session_timeout', '1s', '24d', '999ms', '25d'],
  ['max_session_age', '1s', '24d', '999ms', '25d'],
] as const) {
  t.test(`A branch's ${key} is from ${least} to ${most}.`, async (t) => {
    for (const value of [least, most]) t.strictSame(catalogProblems(withBranch(`${key}: ${value}`)), []);
    const what = key === 'connection_limit' ? 'a whole number ' : '';
    const range = `f.yaml:8:${7 + key.length}: ${AT}.${key} must be ${what}from ${least} to ${most}`;
    for (const value of [below, above]) {
      t.strictSame(catalogProblems(withBranch(`${key}: ${value}`)), [range], value);
    }
  });
}

for (const [line, expected] of [
  [
    'roles: [{ name: a, no_login: true, connection_limit: 0 }]',
    `f.yaml:8:58: ${AT}.roles[0].connection_limit must be a whole number from 1 to 1000000`,
  ],
  [
    'roles: [{ name: a, no_login: true, connection_limit: -1 }]',
    `f.yaml:8:58: ${AT}.roles[0].connection_limit must be a whole number from 1 to 1000000`,
  ],
  [
    'idle_session_timeout: 600',
    `f.yaml:8:27: ${AT}.idle_session_timeout must be a duration: a whole number and one of ms, s, m, h, d, such as 15s`,
  ],
  [
    'client_certificate: always',
    `f.yaml:8:25: ${AT}.client_certificate must be one of off, optional, required`,
  ],
  ['client_certificate_role: uid', `f.yaml:8:30: ${AT}.client_certificate_role must be one of off, cn, san`],
] as const) {
  t.test(`A branch with ${line} is told with its place and mend.`, async (t) => {
    t.strictSame(catalogProblems(withBranch(line)), [expected]);
  });
}

t.test('What contradicts itself is told.', async (t) => {
  t.strictSame(catalogProblems(withBranch('client_certificate: off', 'client_certificate_role: cn')), [
    'f.yaml:9:30: client_certificate_role needs a certificate: client_certificate must not be off',
  ]);
  t.strictSame(catalogProblems(`${HEAD}    upstream: { host: /tmp, proxy_protocol: v2 }\n`), [
    'f.yaml:7:45: a Unix socket has no addresses: remove proxy_protocol',
  ]);
  t.strictSame(catalogProblems(`${HEAD}    upstream: { host: db, proxy_protocol: v3 }\n`), [
    `f.yaml:7:43: ${AT}.upstream.proxy_protocol must be one of off, v1, v2`,
  ]);
});
