import t from 'tap';
import { catalogProblems } from './a-config.ts';

const UP = 'upstream: { host: db }';

function catalog(...branches: string[]): string {
  return [
    'projects:',
    '- id: p',
    '  branches:',
    ...branches.map((branch) => `  - { ${branch}, ${UP} }`),
  ].join('\n');
}

t.test('An id, an endpoint, a name and a role belong to one; the second is told of the first.', async (t) => {
  const text = `
projects:
- id: p
  branches:
  - { id: br-a, name: a, default: true, ${UP}, endpoints: [{ id: ep-a }] }
  - { id: br-b, name: a, ${UP}, endpoints: [{ id: ep-a }], roles: [{ name: r, no_login: true }, { name: r, no_login: true }] }
- id: p
  branches:
  - { id: br-a, name: a, default: true, ${UP}, roles: [{ name: other, no_login: true }] }
`;
  t.strictSame(catalogProblems(text), [
    'f.yaml:6:23: branch name "a" is taken by line 5: choose another',
    'f.yaml:6:68: endpoint "ep-a" is taken by line 5: choose another',
    'f.yaml:6:122: role "r" is taken by line 6: choose another',
    'f.yaml:7:7: project id "p" is taken by line 3: choose another',
    'f.yaml:9:11: branch id "br-a" is taken by line 5: choose another',
  ]);
});

t.test('Exactly one branch of a project is the default.', async (t) => {
  t.strictSame(catalogProblems(catalog('id: br-a, name: a', 'id: br-b, name: b, default: false')), [
    'f.yaml:3:3: no branch is the default: write default: true on one',
  ]);
  t.strictSame(
    catalogProblems(catalog('id: br-a, name: a, default: true', 'id: br-b, name: b, default: true')),
    ['f.yaml:5:26: a second default branch: keep default: true on one'],
  );
});

t.test('A parent is another branch of the project, and no branch descends from itself.', async (t) => {
  const parents = (...of: [string, string][]) =>
    catalog(
      'id: br-main, name: main, default: true',
      ...of.map(([id, parent]) => `id: ${id}, name: ${id}, parent_id: ${parent}`),
    );
  t.strictSame(catalogProblems(parents(['br-a', 'br-main'], ['br-b', 'br-a'])), []);
  t.strictSame(catalogProblems(parents(['br-a', 'br-x'])), [
    'f.yaml:5:40: no branch of this project has the id "br-x": mend or remove parent_id',
  ]);
  t.strictSame(catalogProblems(parents(['br-a', 'br-a'])), [
    'f.yaml:5:40: branch "br-a" descends from itself: mend or remove parent_id',
  ]);
  t.strictSame(catalogProblems(parents(['br-a', 'br-b'], ['br-b', 'br-a'], ['br-c', 'br-a'])), [
    'f.yaml:5:40: branch "br-a" descends from itself: mend or remove parent_id',
    'f.yaml:6:40: branch "br-b" descends from itself: mend or remove parent_id',
  ]);
});

t.test('The rules are checked along with the shapes, as far as these can be made out.', async (t) => {
  const text = `
projects:
- id: p
  branches:
  - { id: br-a, name: 5, default: true, upstream: { host: db }, endpoints: [{ id: ep-a }, 7], roles: x }
  - { id: br-a, name: b, parent_id: br-x, upstream: {}, endpoints: [{ id: ep-a }] }
  - what
`;
  t.strictSame(catalogProblems(text), [
    'f.yaml:5:23: projects[0].branches[0].name must be text: put it in quotes where it looks like a number',
    'f.yaml:5:91: projects[0].branches[0].endpoints[1] must be a mapping with some of the keys id',
    'f.yaml:5:102: projects[0].branches[0].roles must be a list',
    'f.yaml:6:11: branch id "br-a" is taken by line 5: choose another',
    'f.yaml:6:37: no branch of this project has the id "br-x": mend or remove parent_id',
    'f.yaml:6:43: key "host" is missing in projects[0].branches[1].upstream: add it',
    'f.yaml:6:75: endpoint "ep-a" is taken by line 5: choose another',
    'f.yaml:7:5: projects[0].branches[2] must be a mapping with some of the keys id, name, default, protected, parent_id, provisioner, allowed_ips, endpoints, upstream, auth_query, replication, scram_iterations, connection_limit, idle_session_timeout, max_session_age, reset_at, client_certificate, client_certificate_role, sql, roles',
  ]);
});
