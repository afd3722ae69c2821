// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import t from 'tap';
import { catalogProblems } from './a-config.ts';

const HEAD = 'projects:\n- id: p\n  branches:\n  - id: br-a\n    name: a\n    default: true\n';

/** One project with one branch; `line` is line 8, from column 5 on. */
function withBranch(line: string): string {
  return `${HEAD}    upstream: { host: db }\n    ${line}\n`;
}

for (const [line, ...expected] of [
  [
    'allowed_ips: { ips: [] }',
    "f.yaml:8:25: projects[0].branches[0].allowed_ips.ips must not be empty: 0.0.0.0/0, ::/0 opens the branch, without allowed_ips the project's list counts",
  ],
  [
    'allowed_ips: { ips: }',
    'f.yaml:8:20: projects[0].branches[0].allowed_ips.ips has no value: give it one, or remove it',
  ],
  [
    'allowed_ips: { ips: [10.0.0.1, 10.0.0.2/8, 1.2.3.9-1.2.3.4] }',
    'f.yaml:8:36: 10.0.0.2/8 has host bits set: write 10.0.0.0/8 or 10.0.0.2/32',
    'f.yaml:8:48: 1.2.3.9-1.2.3.4 is reversed: write 1.2.3.4-1.2.3.9',
  ],
  [
    'endpoints: [{ id: ep-A }]',
    'f.yaml:8:23: projects[0].branches[0].endpoints[0].id must be ep- and lower-case letters, digits and hyphens, at most 63: it is a label of a host name',
  ],
  [
    `endpoints: [{ id: ep-${'a'.repeat(61)} }]`,
    'f.yaml:8:23: projects[0].branches[0].endpoints[0].id must be ep- and lower-case letters, digits and hyphens, at most 63: it is a label of a host name',
  ],
  [
    'endpoints: [ep-a]',
    'f.yaml:8:17: projects[0].branches[0].endpoints[0] must be a mapping with some of the keys id',
  ],
  [
    'scram_iterations: 1000001',
    'f.yaml:8:23: projects[0].branches[0].scram_iterations must be a whole number from 1 to 1000000',
  ],
  ['replication: yes', 'f.yaml:8:18: projects[0].branches[0].replication must be true or false'],
  [
    'auth_query: { role: a, query: SELECT 1 }',
    'f.yaml:8:35: projects[0].branches[0].auth_query.query must have $1 in it, for the name of the role',
  ],
  [
    'auth_query: { role: a, password: hunter2 }',
    'f.yaml:8:38: projects[0].branches[0].auth_query.password must not be plain text: seal it (roles set-upstream, keys seal), or write "${NAME}" or {file: path}',
  ],
  [
    'auth_query: { role: a, password: "${MISSING}" }',
    'f.yaml:8:38: environment variable MISSING is not set: set it, or write $${MISSING} for plain text',
  ],
  [
    'auth_query: { role: a, password: "${EMPTY}" }',
    'f.yaml:8:38: projects[0].branches[0].auth_query.password must not be empty',
  ],
  ['auth_query: { role: a, password: "sealed:v1:bad" }', 'f.yaml:8:38: does not open'],
  ['auth_query: { role: a, password: { file: none } }', 'f.yaml:8:46: none: no such file'],
  ['roles: [{ name: a }]', 'f.yaml:8:13: this role has no verifier: add one, or no_login: true'],
  [
    'roles: [{ name: "", no_login: true }]',
    'f.yaml:8:21: projects[0].branches[0].roles[0].name must not be empty',
  ],
  [
    `roles: [{ name: ${'x'.repeat(64)}, no_login: true }]`,
    `f.yaml:8:21: role "${'x'.repeat(64)}" is longer than 63 bytes: PostgreSQL would cut it short`,
  ],
  [
    'roles: [{ name: "a\\0b", no_login: true }]',
    'f.yaml:8:21: projects[0].branches[0].roles[0].name must not hold control characters',
  ],
  [
    'roles: [{ name: a, verifier: hunter2 }]',
    'f.yaml:8:34: projects[0].branches[0].roles[0].verifier must be a verifier as PostgreSQL writes it, SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>',
  ],
  [
    'roles: [{ name: a, verifer: x }]',
    'f.yaml:8:13: this role has no verifier: add one, or no_login: true',
    'f.yaml:8:24: unknown key "verifer", did you mean "verifier"?',
  ],
] as const) {
  t.test(`A branch with ${line.slice(0, 60)} is told with its place and mend.`, async (t) => {
    t.strictSame(catalogProblems(withBranch(line), { env: { EMPTY: '' } }), expected);
  });
}
