import t from 'tap';
import { catalogProblems, verifierText } from './a-config.ts';

/** One project; its branches begin on line 5. */
function catalog(settings: string, ...branches: string[]): string {
  const items = branches.map(
    (branch, index) => `  - { id: br-${index}, name: b${index}, default: ${index === 0}, ${branch} }`,
  );
  return ['projects:', '- id: p', `  settings: { ${settings} }`, '  branches:', ...items].join('\n');
}

const role = (name: string, more = '') => `{ name: ${name}, verifier: "${verifierText()}"${more} }`;

t.test('A protected branch without any list is open to everyone.', async (t) => {
  const branch = 'protected: true, upstream: { host: db }';
  const warning =
    'f.yaml:5:5: warning: protected branch br-0 has no allowlist, every address is admitted: add allowed_ips';
  t.strictSame(catalogProblems(catalog('', branch)), [warning]);
  t.strictSame(catalogProblems(catalog('allowed_ips: { ips: [10.0.0.1] }', branch)), []);
  t.strictSame(catalogProblems(catalog('', `${branch}, allowed_ips: { ips: [10.0.0.1] }`)), []);
  t.strictSame(catalogProblems(catalog('', 'upstream: { host: db }')), []);
});

t.test('An empty list of a project admits nobody.', async (t) => {
  t.strictSame(catalogProblems(catalog('allowed_ips: { ips: [] }', 'upstream: { host: db }')), [
    'f.yaml:3:35: warning: an empty list admits nobody: remove allowed_ips to admit everyone',
  ]);
});

t.test('Branches of one cluster that share an upstream role or a database are told.', async (t) => {
  const text = catalog(
    '',
    `upstream: { host: db, database: { a: x } }, roles: [${role('app')}, ${role('other', ', upstream: { role: app }')}]`,
    `upstream: { host: DB, port: 5432, database: { b: x } }, roles: [${role('me', ', upstream: { role: app }')}]`,
    `upstream: { host: db, port: 5433, database: { a: x } }, roles: [${role('app')}]`,
  );
  t.strictSame(catalogProblems(text), [
    'f.yaml:6:92: warning: branch br-0 has database "x" of db:5432, too: give each its own',
    'f.yaml:6:107: warning: branch br-0 logs in to db:5432 as "app", too: give each its own role',
  ]);
});

t.test('auth_query on a cluster that another branch uses is told, on both where both do.', async (t) => {
  const query = 'upstream: { host: db }, auth_query: { role: gate }';
  t.strictSame(catalogProblems(catalog('', query)), []);
  t.strictSame(catalogProblems(catalog('', query, 'upstream: { host: db }')), [
    'f.yaml:5:78: warning: every role of db:5432 may log in here, those of branch br-1 too: give each branch its own cluster, or list its roles',
  ]);
  t.equal(catalogProblems(catalog('', query, query)).length, 2);
});

t.test('A verifier that gives its role away is told.', async (t) => {
  const roles = `{ name: a, verifier: "${verifierText(10_000)}" }, { name: b, verifier: "${verifierText(4096, 12)}" }`;
  const branch = (more: string) => catalog('', `upstream: { host: db }, ${more}roles: [${roles}]`);
  const salt =
    'role "b" has a salt of 12 bytes, not 16: it can be told from unknown names, set its password anew';
  t.strictSame(
    catalogProblems(branch('')).map((line) => line.replace(/^f.yaml:5:\d+: /, '')),
    [
      'warning: role "a" has 10000 iterations, the branch 4096: it can be told from unknown names, set scram_iterations',
      `warning: ${salt}`,
    ],
  );
  t.strictSame(
    catalogProblems(branch('scram_iterations: 10000, ')).map((line) => line.replace(/^f.yaml:5:\d+: /, '')),
    [
      'warning: role "b" has 4096 iterations, the branch 10000: it can be told from unknown names, set scram_iterations',
      `warning: ${salt}`,
    ],
  );
});
