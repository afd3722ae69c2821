import t from 'tap';
import { serverProblems } from './a-config.ts';

/** What a gateway needs; a case stands on line 3. */
const LEAST = 'tls: { certificates: [{ cert: a.crt, key: a.key }] }\ncatalog: { file: c.yaml }\n';

for (const [line, ...expected] of [
  [
    'x: 1',
    'f.yaml:3:1: unknown key "x": remove it; known here: listen, public, tls, catalog, limits, drain, audit, admin, workers, log',
  ],
  ['limit: {}', 'f.yaml:3:1: unknown key "limit", did you mean "limits"?'],
  [
    'limits: { maxConnections: 1 }',
    'f.yaml:3:11: unknown key "maxConnections", did you mean "max_connections"?',
  ],
  ['limits:', 'f.yaml:3:1: limits has no value: give it one, or remove it'],
  [
    'limits: []',
    'f.yaml:3:9: limits must be a mapping with some of the keys max_connections, handshake_timeout, connections_per_address, upstream_connect_timeout, cancel_timeout, write_stall_timeout, max_buffered_bytes, keepalive, failed_logins',
  ],
  [
    'limits: { max_connections: 1.5 }',
    'f.yaml:3:28: limits.max_connections must be a whole number from 1 to 1000000',
  ],
  ['drain: 5', 'f.yaml:3:8: drain must be a duration: a whole number and one of ms, s, m, h, d, such as 15s'],
  [
    'listen: [{ address: "a:1", proxy_protocol: {} }]',
    'f.yaml:3:28: key "trusted" is missing in listen[0].proxy_protocol: add it',
  ],
  [
    'listen: [{ address: "a:1", proxy_protocol: { trusted: [] } }]',
    'f.yaml:3:55: listen[0].proxy_protocol.trusted must not be empty: nobody could connect',
  ],
  [
    'listen: [{ address: "a:1", proxy_protocol: { trusted: [10.0.0.1/8, lb] } }]',
    'f.yaml:3:56: 10.0.0.1/8 has host bits set: write 10.0.0.0/8 or 10.0.0.1/32',
    'f.yaml:3:68: "lb" is not an IPv4 or IPv6 address: names are not looked up',
  ],
  ['listen: []', 'f.yaml:3:9: listen must have at least one address'],
  ['listen: 0.0.0.0:1', 'f.yaml:3:9: listen must be a list'],
  ['listen: [{}]', 'f.yaml:3:10: key "address" is missing in listen[0]: add it'],
  [
    'listen: [{ address: 6432 }]',
    'f.yaml:3:21: listen[0].address must be text: put it in quotes where it looks like a number',
  ],
  [
    'listen: [{ address: "a:1" }, { address: "a:1" }]',
    'f.yaml:3:41: this address stands here twice: remove one',
  ],
  ['public: { domain: "" }', 'f.yaml:3:19: public.domain must not be empty'],
  ['public: { domain: "a\\nb" }', 'f.yaml:3:19: public.domain must not hold control characters'],
  [
    'admin: { listen: no }',
    'f.yaml:3:18: "no" is not host:port: write 0.0.0.0:6432, or [::]:6432 with brackets',
  ],
  ['workers: 0', 'f.yaml:3:10: workers must be a whole number from 1 to 256'],
  ['workers: many', 'f.yaml:3:10: workers must be auto or a whole number from 1 to 256'],
  [
    'log: { level: loud }',
    'f.yaml:3:15: log.level must be one of trace, debug, info, warn, error, fatal, silent',
  ],
  ['audit: { retention: 1s }', 'f.yaml:3:21: audit.retention must be from 1h to 3650d'],
] as const) {
  t.test(`${line} is told with its place and mend.`, async (t) => {
    t.strictSame(serverProblems(LEAST + line), expected);
  });
}
