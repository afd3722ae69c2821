import t from 'tap';
import { catalogProblems, catalogProjects } from './a-config.ts';

const HEAD = 'projects:\n- id: p\n  branches:\n  - id: br-a\n    name: a\n    default: true\n';

/** One project with one branch; `upstream` is on line 7, from column 17 on. */
function withUpstream(upstream: string): string {
  return `${HEAD}    upstream: { ${upstream} }\n`;
}

t.test(
  'sslmode is verify-full on TCP and disable on Unix sockets; system means no roots of our own.',
  async (t) => {
    const target = (upstream: string) => catalogProjects(withUpstream(upstream))[0]?.branches[0]?.upstream;
    t.match(target('host: db'), { sslmode: 'verify-full', sslrootcert: undefined, port: 5432 });
    t.match(target('host: db, sslmode: require, sslrootcert: system'), {
      sslmode: 'require',
      sslrootcert: undefined,
    });
    t.match(target('host: /tmp'), { sslmode: 'disable' });
    t.match(target('host: /tmp, sslmode: disable'), { sslmode: 'disable' });
    t.match(target('host: "2001:db8::1"'), { host: '2001:db8::1' });
  },
);

for (const [upstream, ...expected] of [
  [
    'host: a b',
    'f.yaml:7:23: "a b" is not a host name, an address or a socket\'s folder: write one of these',
  ],
  ['port: 1', 'f.yaml:7:5: key "host" is missing in projects[0].branches[0].upstream: add it'],
  [
    'host: db, port: 65536',
    'f.yaml:7:33: projects[0].branches[0].upstream.port must be a whole number from 1 to 65535',
  ],
  [
    'host: db, port: "5432"',
    'f.yaml:7:33: projects[0].branches[0].upstream.port must be a whole number from 1 to 65535',
  ],
  [
    'host: db, sslmode: prefer',
    'f.yaml:7:36: projects[0].branches[0].upstream.sslmode must be one of disable, require, verify-ca, verify-full',
  ],
  ['host: /tmp, sslmode: require', 'f.yaml:7:38: a Unix socket has no TLS: remove sslmode'],
  [`host: /${'x'.repeat(100)}`, "f.yaml:7:23: the socket's path is longer than 107 bytes: move it"],
  [
    'host: db, sslmode: disable, channel_binding: require',
    'f.yaml:7:62: require needs TLS to the upstream: use prefer',
  ],
  ['host: /tmp, channel_binding: require', 'f.yaml:7:46: require needs TLS to the upstream: use prefer'],
  [
    'host: db, require_auth: []',
    'f.yaml:7:41: projects[0].branches[0].upstream.require_auth must not be empty: scram-sha-256 is the default',
  ],
  [
    'host: db, require_auth: [gss]',
    'f.yaml:7:42: projects[0].branches[0].upstream.require_auth[0] must be one of scram-sha-256, md5, password, none',
  ],
  ['host: db, sslrootcert: ca.crt', 'f.yaml:7:40: "ca.crt": no such file'],
  [
    'host: db, sslrootcert: bad.crt',
    'f.yaml:7:40: "bad.crt": no certificate in PEM form in it (-----BEGIN CERTIFICATE-----)',
  ],
  [
    'host: db, database: {}',
    'f.yaml:7:37: projects[0].branches[0].upstream.database must not be empty: remove it to reach every database',
  ],
  [
    'host: db, database: [a]',
    'f.yaml:7:37: projects[0].branches[0].upstream.database must be a mapping of database names',
  ],
  [
    `host: db, database: { ${'x'.repeat(64)}: a }`,
    `f.yaml:7:39: database "${'x'.repeat(64)}" is longer than 63 bytes: PostgreSQL would cut it short`,
  ],
  [
    `host: db, database: { a: ${'ä'.repeat(32)} }`,
    `f.yaml:7:42: database "${'ä'.repeat(32)}" is longer than 63 bytes: PostgreSQL would cut it short`,
  ],
  [
    'host: db, database: { a: 5 }',
    'f.yaml:7:42: projects[0].branches[0].upstream.database.a must be text: put it in quotes where it looks like a number',
  ],
] as const) {
  t.test(`An upstream of ${upstream.slice(0, 60)} is told with its place and mend.`, async (t) => {
    t.strictSame(catalogProblems(withUpstream(upstream), { files: { '/srv/bad.crt': 'hunter2' } }), expected);
  });
}
