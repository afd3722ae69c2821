// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test
import fc from 'fast-check';
import t from 'tap';
import { BRANCH_DEFAULTS } from '../../src/catalog/branch-defaults.ts';
import { parseCatalog } from '../../src/config/catalog-config.ts';
import { formatLogin } from '../../src/config/login-text.ts';
import {
  CA_PEM,
  catalogProblems,
  catalogProjects,
  type Outside,
  surroundings,
  verifierText,
} from './a-config.ts';

const VERIFIER = verifierText();

/** The contract's example. */
const EXAMPLE = `
projects:
  - id: shop
    settings:
      allowed_ips: { ips: [203.0.113.7, 198.51.100.20-198.51.100.50, 2001:db8::/32], protected_branches_only: true }
    cluster: { host: db.internal, port: 5432, role: portcullis, password: "sealed:v1:good", provisioner: template }
    branches:
      - { id: br-main-1, name: main, default: true, protected: true,
          endpoints: [{ id: ep-main-1 }],
          upstream: { host: db.internal, port: 5432, sslmode: verify-full, sslrootcert: certs/db-ca.crt },
          sql: { password_min_bits: 60, prehashed_passwords: refuse, audit: none },
          roles: [{ name: app, verifier: "${VERIFIER}" }] }
      - { id: br-dev-1, name: dev, parent_id: br-main-1, allowed_ips: { ips: [10.0.0.0/8] },
          endpoints: [{ id: ep-dev-1 }],
          upstream: { host: db.internal, port: 5432, database: { app: app_dev } },
          roles: [{ name: app, verifier: "${VERIFIER}", upstream: { role: app_dev_1 } }] }
`;
const CA_FILE: Outside = { files: { '/srv/certs/db-ca.crt': CA_PEM } };

const HEAD = 'projects:\n- id: p\n  branches:\n  - id: br-a\n    name: a\n    default: true\n';

/** One project with one branch; `line` is line 8, from column 5 on. */
function withBranch(line: string): string {
  return `${HEAD}    upstream: { host: db }\n    ${line}\n`;
}

t.test('What a branch does not say is as the control plane makes one.', async (t) => {
  const [branch] = catalogProjects(withBranch('roles: []'))[0]?.branches ?? [];
  t.strictSame(branch, {
    ...BRANCH_DEFAULTS,
    id: 'br-a',
    name: 'a',
    isDefault: true,
    upstream: branch?.upstream,
  });
});

t.test("The contract's example loads.", async (t) => {
  t.strictSame(catalogProblems(EXAMPLE, CA_FILE), []);
  const [shop] = catalogProjects(EXAMPLE, CA_FILE);
  t.strictSame(shop?.allowedIps, {
    ips: ['203.0.113.7', '198.51.100.20-198.51.100.50', '2001:db8::/32'],
    protectedBranchesOnly: true,
  });
  const [main, dev] = shop?.branches ?? [];
  t.strictSame(main, {
    id: 'br-main-1',
    name: 'main',
    parentId: undefined,
    isDefault: true,
    isProtected: true,
    endpoints: ['ep-main-1'],
    allowedIps: undefined,
    upstream: {
      host: 'db.internal',
      port: 5432,
      sslmode: 'verify-full',
      sslrootcert: CA_PEM,
      requireAuth: new Set(['scram-sha-256']),
      channelBinding: 'prefer',
      proxyProtocol: 'off',
      database: undefined,
    },
    roles: [
      {
        name: 'app',
        verifier: {
          iterations: 4096,
          salt: Buffer.alloc(16, 1),
          storedKey: Buffer.alloc(32, 2),
          serverKey: Buffer.alloc(32, 3),
        },
        verifierUnrated: false,
        connectionLimit: undefined,
        upstream: { role: undefined, login: undefined },
      },
    ],
    authQuery: undefined,
    replication: false,
    scramIterations: 4096,
    connectionLimit: undefined,
    idleSessionTimeout: undefined,
    maxSessionAge: undefined,
    resetAt: undefined,
    clientCertificate: 'optional',
    clientCertificateRole: 'off',
    sql: { passwordMinBits: 60, prehashedPasswords: 'refuse', audit: 'none', auditParameters: false },
    provisioner: undefined,
  });
  t.equal(dev?.parentId, 'br-main-1');
  t.strictSame(dev?.allowedIps, ['10.0.0.0/8']);
  t.strictSame(dev?.upstream.database, new Map([['app', 'app_dev']]));
  t.equal(dev?.roles[0]?.upstream.role, 'app_dev_1');
});

t.test('Every choice is taken.', async (t) => {
  const text = `
projects:
  - id: p
    name: "A shop: ✓"
    settings: { allowed_ips: { ips: [] } }
    branches:
      - id: br-a
        name: a b
        default: true
        upstream:
          host: /run/postgresql
          port: 5433
          require_auth: [md5, password, none]
          channel_binding: disable
        auth_query:
          role: gate
          password: "\${PASSWORD}"
          database: app
          query: SELECT * FROM gate.lookup($1)
          superusers: true
          replication_roles: true
        replication: true
        scram_iterations: 600000
        roles:
          - { name: a, no_login: true }
          - { name: b, no_login: true, verifier: "${VERIFIER}" }
          - { name: c, no_login: true, upstream: { password: "sealed:v1:good" } }
          - { name: d, no_login: true, upstream: { password: { file: d.password } } }
`;
  const outside = { env: { PASSWORD: 'secret' }, files: { '/srv/d.password': 'of d\n' } };
  const [branch] = catalogProjects(text, outside)[0]?.branches ?? [];
  t.equal(branch?.upstream.sslmode, 'disable');
  t.equal(branch?.upstream.channelBinding, 'disable');
  t.strictSame([...(branch?.upstream.requireAuth ?? [])], ['md5', 'password', 'none']);
  t.match(branch?.authQuery, {
    role: 'gate',
    database: 'app',
    query: 'SELECT * FROM gate.lookup($1)',
    superusers: true,
    replicationRoles: true,
  });
  t.equal(branch?.authQuery?.password?.reveal(), 'secret');
  t.equal(branch?.replication, true);
  t.equal(branch?.scramIterations, 600_000);
  t.strictSame(
    branch?.roles.map(({ verifier }) => verifier),
    [undefined, undefined, undefined, undefined],
  );
  t.strictSame(
    branch?.roles.map(({ upstream: { login } }) => login && formatLogin(login)),
    [undefined, undefined, 'opened', 'of d'],
  );
});

t.test('A file of authorities is read once, however many branches name it.', async (t) => {
  let reads = 0;
  const readFile = () => {
    reads += 1;
    return { text: CA_PEM };
  };
  parseCatalog(
    EXAMPLE.replaceAll('port: 5432,', 'port: 5432, sslrootcert: certs/db-ca.crt,').replace(
      ', sslrootcert: certs/db-ca.crt }',
      ' }',
    ),
    { ...surroundings(), readFile },
  );
  t.equal(reads, 1);
});

for (const [text, ...expected] of [
  ['', 'f.yaml:1:1: the file is empty: docs/configuration.md shows what goes in'],
  ['projects:', 'f.yaml:1:1: projects has no value: give it one, or remove it'],
  [
    'project: []',
    'f.yaml:1:1: key "projects" is missing: add it',
    'f.yaml:1:1: unknown key "project", did you mean "projects"?',
  ],
  [
    'projects: [{ id: Shop, branches: [] }]',
    'f.yaml:1:18: projects[0].id must be lower-case letters, digits and hyphens, at most 63',
    'f.yaml:1:34: projects[0].branches must have at least one branch',
  ],
  ['projects: [{ id: p }]', 'f.yaml:1:12: key "branches" is missing in projects[0]: add it'],
  [
    'projects: [{ id: p, branches: [{ id: a, name: 5, default: true, upstream: { host: db } }] }]',
    'f.yaml:1:38: projects[0].branches[0].id must be br- and lower-case letters, digits and hyphens, at most 63',
    'f.yaml:1:47: projects[0].branches[0].name must be text: put it in quotes where it looks like a number',
  ],
] as const) {
  t.test(`${JSON.stringify(text.slice(0, 60))} is told with its place and mend.`, async (t) => {
    t.strictSame(catalogProblems(text), expected);
  });
}

t.test('A catalog without projects loads.', async (t) => {
  t.strictSame(catalogProjects('projects: []'), []);
});

t.test('No secret is ever in a problem, nor in what is printed of a project.', async (t) => {
  const secret = 'hunter2';
  const texts = [
    withBranch(`auth_query: { role: a, password: ${secret} }`),
    withBranch(`roles: [{ name: a, verifier: "SCRAM-SHA-256$4096:${secret}" }]`),
    withBranch(`roles: [{ name: a, no_login: true, upstream: { password: ["${secret}"] } }]`),
    withBranch(`auth_query: { role: a, password: "${secret}`),
  ];
  for (const text of texts) t.notMatch(catalogProblems(text).join('\n'), /hunter2/, text);
  const projects = catalogProjects(withBranch('auth_query: { role: a, password: "${P}" }'), {
    env: { P: secret },
  });
  t.notMatch(JSON.stringify(projects), /hunter2/);
});

t.test('Garbage never throws.', async (t) => {
  const key = fc.constantFrom(
    'projects',
    'id',
    'branches',
    'roles',
    'name',
    'upstream',
    'endpoints',
    'parent_id',
    'default',
    'allowed_ips',
    'ips',
    '__proto__',
    'x',
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 7, depthSize: 'large' },
      fc.constantFrom<unknown>('p', 'br-a', 'ep-a', '', true, 5, null, VERIFIER),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
    ),
  }));
  fc.assert(
    fc.property(fc.array(tree, { maxLength: 3 }), (projects) => {
      const parsed = parseCatalog(JSON.stringify({ projects }), surroundings());
      return (
        'projects' in parsed ||
        parsed.problems.every(({ line, message }) => line === 1 && !/[\r\n]/.test(message))
      );
    }),
    { numRuns: 300 },
  );
  t.pass('any tree of known words');
});
