// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import fc from 'fast-check';
import t from 'tap';
import { parseServerConfig } from '../../src/config/server-config.ts';
import { KEY_LINE, type Outside, serverConfig, serverProblems, surroundings } from './a-config.ts';

const LEAST = 'tls: { certificates: [{ cert: a.crt, key: a.key }] }\ncatalog: { file: c.yaml }\n';

/** The contract's example, without what comes later. */
const EXAMPLE = `
listen:
  - address: 0.0.0.0:6432
    proxy_protocol: { trusted: [10.0.0.7/32] }
public: { domain: db.example.com, port: 5432 }
tls:
  min_version: "1.2"
  certificates: [{ cert: certs/server.crt, key: certs/server.key }]
  client_ca: certs/clients.crt
catalog:
  file: config/catalog.yaml
  key: { file: config/catalog.key }
limits:
  max_connections: 10000
  handshake_timeout: 15s
  failed_logins: { attempts: 10, window: 150s, block: 120s, exempt: [] }
drain: 8s
audit: { dir: var/audit, retention: 30d, signing_key: { file: config/audit.key } }
admin: { listen: 127.0.0.1:6433 }
workers: auto
log: { level: info }
`;
const KEY_FILE: Outside = { files: { '/srv/config/catalog.key': KEY_LINE } };

t.test('The least that a gateway needs gets every default.', async (t) => {
  t.strictSame(serverConfig(LEAST), {
    listen: [{ host: '0.0.0.0', port: 6432, proxiedBy: undefined }],
    public: undefined,
    tls: {
      minVersion: 'TLSv1.2',
      certificates: [{ cert: '/srv/a.crt', key: '/srv/a.key' }],
      clients: undefined,
    },
    catalog: { file: '/srv/c.yaml', base: '/srv', keys: undefined, keyFile: undefined, clientCa: false },
    limits: {
      maxConnections: 10_000,
      connectionsPerAddress: undefined,
      handshakeTimeout: 15_000,
      upstreamConnectTimeout: 5000,
      cancelTimeout: 5000,
      maxBufferedBytes: 268_435_456,
      writeStallTimeout: 300_000,
      keepalive: 60_000,
      failedLogins: { attempts: 10, window: 150_000, block: 120_000, exempt: [] },
    },
    drain: 8000,
    audit: {
      dir: '/srv/var/audit',
      retention: 2_592_000_000,
      signingKey: '/srv/var/audit.key',
      keys: undefined,
      segmentSize: 67_108_864,
      segmentAge: 86_400_000,
      reserve: 67_108_864,
      refusalBudget: 4096,
      onFailure: 'refuse',
      stdout: false,
      syslog: undefined,
    },
    admin: { listen: { host: '127.0.0.1', port: 6433 } },
    workers: 'auto',
    log: { level: 'info' },
  });
  t.strictSame(serverProblems(LEAST), []);
});

t.test("The contract's example loads, without a warning.", async (t) => {
  t.strictSame(serverProblems(EXAMPLE, KEY_FILE), []);
  const { audit, catalog, listen, tls, public: name } = serverConfig(EXAMPLE, KEY_FILE);
  t.match(audit, { dir: '/srv/var/audit', signingKey: '/srv/config/audit.key' });
  t.strictSame(listen[0]?.proxiedBy, ['10.0.0.7/32']);
  t.strictSame(tls.clients, { ca: '/srv/certs/clients.crt', crl: undefined });
  t.strictSame(name, { domain: 'db.example.com', port: 5432 });
  t.equal(catalog?.keys, undefined, 'the file is read with the catalog');
  t.equal(catalog?.keyFile, '/srv/config/catalog.key');
});

t.test('What the operator asks for as a gate, and is not built yet, is an error.', async (t) => {
  const text = `
tls: { certificates: [{ cert: a, key: b }] }
catalog: { file: c }
admin: { listen: "0.0.0.0:6433", tokens: [{ name: ops, role: admin, sha256: ${'ab'.repeat(32)} }] }
`;
  t.strictSame(serverProblems(text), [
    'f.yaml:4:10: admin.listen off loopback needs tokens, which come in a later version: use 127.0.0.1:6433',
    'f.yaml:4:34: admin.tokens comes in a later version: remove it',
  ]);
});

t.test('Every choice is taken.', async (t) => {
  const text = `
listen: [{ address: "[::]:7000" }, { address: "localhost:0" }, { address: "localhost:0" }]
public: { domain: db.example.com }
tls: { min_version: 1.3, certificates: [{ cert: /x/a, key: b }, { cert: c, key: d }], client_ca: e, client_crl: f }
catalog: { file: c, key: "${KEY_LINE.trim()}" }
drain: 0s
admin: { listen: off }
workers: 1
log: { level: silent }
`;
  const config = serverConfig(text);
  t.strictSame(config.listen, [
    { host: '::', port: 7000, proxiedBy: undefined },
    { host: 'localhost', port: 0, proxiedBy: undefined },
    { host: 'localhost', port: 0, proxiedBy: undefined },
  ]);
  t.strictSame(config.public, { domain: 'db.example.com', port: 7000 });
  t.equal(config.tls.minVersion, 'TLSv1.3');
  t.strictSame(config.tls.certificates.at(0), { cert: '/x/a', key: '/srv/b' });
  t.equal(config.catalog?.keys?.current.id, 'k1');
  t.equal(config.catalog?.keyFile, undefined);
  t.strictSame(config.tls.clients, { ca: '/srv/e', crl: '/srv/f' });
  t.equal(config.drain, 0);
  t.strictSame(config.admin, { listen: undefined });
  t.equal(config.workers, 1);
  t.equal(config.log.level, 'silent');
  t.strictSame(serverProblems(text), []);
});

t.test('Variables stand in texts, numbers and choices.', async (t) => {
  const text = `
listen: [{ address: "0.0.0.0:\${PORT}" }]
public: { domain: "\${NAME}.example.com", port: "\${PORT}" }
tls: { certificates: [{ cert: "$\${x}", key: b }] }
catalog: { file: c }
limits:
  max_connections: \${MANY}
log: { level: "\${LEVEL}" }
`;
  const config = serverConfig(text, { env: { PORT: '7000', NAME: 'db', MANY: '12', LEVEL: 'debug' } });
  t.match(config.listen, [{ host: '0.0.0.0', port: 7000 }]);
  t.strictSame(config.public, { domain: 'db.example.com', port: 7000 });
  t.equal(config.tls.certificates.at(0)?.cert, '/srv/${x}');
  t.equal(config.limits.maxConnections, 12);
  t.equal(config.log.level, 'debug');
  t.strictSame(serverProblems(text, { env: { PORT: 'x', NAME: 'db', MANY: '0' } }), [
    'f.yaml:2:21: "0.0.0.0:x" is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets',
    'f.yaml:3:48: public.port must be a whole number from 1 to 65535',
    'f.yaml:7:20: limits.max_connections must be a whole number from 1 to 1000000',
    'f.yaml:8:15: environment variable LEVEL is not set: set it, or write $${LEVEL} for plain text',
  ]);
  t.strictSame(serverProblems(text, { env: { PORT: 'x', NAME: 'd b', MANY: '0', LEVEL: '1' } }), [
    'f.yaml:2:21: "0.0.0.0:x" is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets',
    'f.yaml:3:19: "d b.example.com" is not a domain name: write it as in db.example.com',
    'f.yaml:3:48: public.port must be a whole number from 1 to 65535',
    'f.yaml:7:20: limits.max_connections must be a whole number from 1 to 1000000',
    'f.yaml:8:15: log.level must be one of trace, debug, info, warn, error, fatal, silent',
  ]);
});

for (const [text, ...expected] of [
  ['', 'f.yaml:1:1: the file is empty: docs/configuration.md shows what goes in'],
  ['# nothing', 'f.yaml:1:1: the file is empty: docs/configuration.md shows what goes in'],
  [
    '[]',
    'f.yaml:1:1: the file must be a mapping with some of the keys listen, public, tls, catalog, limits, drain, audit, admin, workers, log',
  ],
  ['{}', 'f.yaml:1:1: key "tls" is missing: add it', 'f.yaml:1:1: key "catalog" is missing: add it'],
  [
    'tls: { certficates: [] }\ncatalog: { file: c }',
    'f.yaml:1:1: key "certificates" is missing in tls: add it',
    'f.yaml:1:8: unknown key "certficates", did you mean "certificates"?',
  ],
  [
    'tls: { certificates: [], min_version: 1.1 }\ncatalog: { file: c }',
    'f.yaml:1:22: tls.certificates must have at least one certificate: portcullis certs init makes one',
    'f.yaml:1:39: tls.min_version must be "1.2" or "1.3"',
  ],
  [
    'tls: { certificates: [{ cert: { file: a }, key: b }] }\ncatalog: { file: c }',
    'f.yaml:1:31: tls.certificates[0].cert must be text: put it in quotes where it looks like a number',
  ],
  [
    'tls: { certificates: [{ cert: a, key: b }] }\ncatalog: { file: c, key: { fil: no.key } }',
    'f.yaml:2:26: catalog.key must be text or {file: path}',
  ],
  [
    'tls: { certificates: [{ cert: a, key: b }] }\ncatalog: { file: c, key: hunter2 }',
    'f.yaml:2:26: line 1 of the key file is not id:base64 of 32 bytes',
  ],
  ['tls: [', 'f.yaml:1:7: wrong indentation, or a bracket or brace that is not closed'],
] as const) {
  t.test(`${JSON.stringify(text)} is told with its place and mend.`, async (t) => {
    t.strictSame(serverProblems(text), expected);
  });
}

t.test('Garbage never throws.', async (t) => {
  const word = fc.constantFrom(
    'listen',
    'tls',
    'catalog',
    'file',
    'key',
    'admin',
    'limits',
    'a',
    '"${X}"',
    '15s',
    '1',
    '[]',
    '{}',
    'null',
    '- ',
    '${X}',
    '~',
  );
  const line = fc
    .tuple(fc.nat(3), word, word)
    .map(([indent, key, value]) => `${'  '.repeat(indent)}${key}: ${value}`);
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      const parsed = parseServerConfig(lines.join('\n'), surroundings({ env: { X: '{}' } }));
      return (
        'config' in parsed ||
        parsed.problems.every(({ line: at, message }) => at >= 1 && !/[\r\n]/.test(message))
      );
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const parsed = parseServerConfig(
        JSON.stringify({ tls: value, catalog: value, limits: value, listen: value }),
        surroundings(),
      );
      return 'problems' in parsed;
    }),
  );
  t.pass('any lines, any JSON');
});
