import t from 'tap';
import { KEY_LINE, serverConfig, serverProblems } from './a-config.ts';

const LEAST = 'tls: { certificates: [{ cert: a.crt, key: a.key }] }\ncatalog: { file: c.yaml }\n';

t.test('Every choice of the trail is taken.', async (t) => {
  const { audit } = serverConfig(
    `${LEAST}audit:
  dir: /var/lib/audit
  retention: 365d
  signing_key: { file: keys/audit.pem }
  encryption_key: { file: audit-keys }
  segment_size: 1MiB
  segment_age: 1h
  reserve: 0B
  refusals_per_second: 1MiB
  on_failure: admit
  stdout: true
  syslog: { address: "logs.internal:6514", ca: certs/logs.crt, server_name: logs }
`,
    { files: { '/srv/audit-keys': KEY_LINE } },
  );
  const { keys, ...rest } = audit;
  t.equal(keys?.current.id, 'k1');
  t.strictSame(rest, {
    dir: '/var/lib/audit',
    retention: 31_536_000_000,
    signingKey: '/srv/keys/audit.pem',
    segmentSize: 1_048_576,
    segmentAge: 3_600_000,
    reserve: 0,
    refusalBudget: 1_048_576,
    onFailure: 'admit',
    stdout: true,
    syslog: { host: 'logs.internal', port: 6514, tls: true, ca: '/srv/certs/logs.crt', servername: 'logs' },
  });
});

t.test('Syslog over plain TCP is asked for by name.', async (t) => {
  const { audit } = serverConfig(`${LEAST}audit: { syslog: { address: "[::1]:601", protocol: tcp } }\n`);
  t.strictSame(audit.syslog, { host: '::1', port: 601, tls: false, ca: undefined, servername: undefined });
});

for (const [line, ...expected] of [
  [
    'audit: { signing_key: { file: var/audit/key.pem } }',
    'f.yaml:3:31: the signing key lies in audit.dir, where whoever can rub out records would find it: put it elsewhere',
  ],
  ['audit: { encryption_key: nonsense }', 'f.yaml:3:26: line 1 of the key file is not id:base64 of 32 bytes'],
  ['audit: { segment_size: 1KiB }', 'f.yaml:3:24: audit.segment_size must be from 64KiB to 1GiB'],
  ['audit: { on_failure: shrug }', 'f.yaml:3:22: audit.on_failure must be one of refuse, admit'],
  [
    'audit: { syslog: { address: logs } }',
    'f.yaml:3:29: "logs" is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets',
  ],
] as const) {
  t.test(`${line} is told with its place and mend.`, async (t) => {
    t.strictSame(serverProblems(LEAST + line), expected);
  });
}
