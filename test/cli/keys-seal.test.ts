import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { Operator } from './operator.ts';

const PASSWORD = 'S3cret of the upstream';

t.test(
  'A password for the cluster or for auth_query is sealed for its place, and for no other.',
  async (t) => {
    const operator = await Operator.at(t);
    const catalog = join(operator.folder, 'catalog.yaml');
    await operator.runs('projects create --id shop --upstream postgres://db.internal');
    const cluster = await operator.runs('keys seal --cluster', PASSWORD);
    t.match(cluster, { status: 0, stdout: /^sealed:v1:k1:\S+\n$/, stderr: '' });
    const query = JSON.parse(
      (await operator.runs('keys seal --auth-query --branch main -o json', PASSWORD)).stdout,
    );

    const made = await readFile(catalog, 'utf8');
    const filled = made
      .replace(
        '- id: shop',
        `- id: shop\n    cluster: { host: db, role: maker, password: "${cluster.stdout.trim()}" }`,
      )
      .replace(/( +)roles:/, `$1auth_query: { role: gate, password: "${query.sealed}" }\n$1roles:`);
    await writeFile(catalog, filled);
    t.match(await operator.runs('roles list'), { status: 0 });
    await writeFile(catalog, filled.replace(query.sealed, cluster.stdout.trim()));
    const moved = await operator.runs('roles list');
    t.match(moved, {
      status: 2,
      stderr: /catalog\.yaml:\d+:\d+: does not open with key k1: sealed for another record/,
    });
    t.notMatch(filled + moved.stderr, PASSWORD);
  },
);

t.test('What it is for is said, is there, and has a password.', async (t) => {
  const operator = await Operator.at(t);
  await operator.runs('projects create --id shop --upstream postgres://db.internal');
  for (const [line, input, status, wanted] of [
    ['keys seal', PASSWORD, 2, /say for what: --cluster or --auth-query/],
    ['keys seal --cluster --auth-query', PASSWORD, 2, /say for what/],
    ['keys seal --cluster', '', 2, /no password came/],
    ['keys seal --auth-query --branch none', PASSWORD, 1, /none/],
  ] as const) {
    const ended = await operator.runs(line, input);
    t.match(ended, { status, stdout: '', stderr: wanted }, line);
  }
  await appendFile(join(operator.folder, 'catalog.key'), 'damaged\n');
  t.match(await operator.runs('keys seal --cluster', PASSWORD), {
    status: 2,
    stderr: /catalog\.key:1:1: line 2 /,
  });
});
