import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { Operator } from './operator.ts';

/** What an operator types, from an empty catalog on; what stands behind `<` is the command's standard input. */
const TYPED = `projects list
projects create --id shop --upstream postgres://db.internal:5432
roles create --name app
branches protect main
branches create --name dev
ip-allow add 203.0.113.7 2001:db8::/32 --protected-only
ip-allow list
ip-allow add --branch dev 10.0.0.0/8
ip-allow add 10.0.0.1/8
roles set-upstream app --branch dev --upstream-role app_dev --no-check --password-stdin < S3cret of the upstream
roles list --branch dev
roles create --name report --branch dev --password-stdin < Password123!
roles create --name report --branch dev --password-stdin < S3cret-Quuxzorb-Grinfelq
roles create --name old --branch dev --verifier-stdin < nonsense
roles delete report --branch dev --yes
branches list
endpoints list
endpoints create --branch dev
endpoints delete ep-1 --yes
endpoints delete ep-2 --yes
branches delete main --yes
branches reset main --yes
projects delete shop --yes
branches delete dev
branches delete dev --yes
branches unprotect main
branches delete main --yes
projects delete shop --yes
projects list`;

const TRANSCRIPT = new URL('transcript.txt', import.meta.url);

t.test('An operator’s session, each command with its output and its exit status.', async (t) => {
  const operator = await Operator.at(t);
  let shown = '';
  for (const typed of TYPED.split('\n')) {
    const [line = '', input] = typed.split(' < ');
    shown += await operator.shows(line, input && `${input}\n`);
    const catalog = await readFile(join(operator.folder, 'catalog.yaml'), 'utf8').catch(() => '');
    t.notMatch(catalog, /S3cret/, 'no password in the catalog');
  }
  t.equal(shown, await readFile(TRANSCRIPT, 'utf8'));
  t.equal((await stat(join(operator.folder, 'catalog.yaml'))).mode & 0o777, 0o600);
});

t.test('JSON and YAML hold the same, passwords too, and nothing else is on stdout.', async (t) => {
  const operator = await Operator.at(t);
  const made = await operator.runs(
    'projects create --upstream postgres://db:5432/app?sslmode=require -o json',
  );
  t.match(JSON.parse(made.stdout), {
    project: { id: /^[a-z]+-[a-z]+-\d{8}$/, branches: 1 },
    branches: [
      { name: 'main', default: true, protected: false, upstream: { host: 'db', database: { app: 'app' } } },
    ],
  });
  const role = JSON.parse((await operator.runs('roles create --name app -o json')).stdout);
  t.match(role, {
    name: 'app',
    login: true,
    upstream_login: 'passthrough',
    password: /^[A-Za-z0-9]{22}$/,
    upstream_sql: /^ALTER ROLE "app" PASSWORD 'SCRAM-SHA-256\$4096:.*';$/,
  });
  const [yaml, json] = [
    await operator.runs('branches get main -o yaml'),
    await operator.runs('branches get main -o json'),
  ];
  t.strictSame(parse(yaml.stdout), JSON.parse(json.stdout));
  const child = JSON.parse((await operator.runs('branches create --name dev -o json')).stdout);
  t.match(child, { branch: { parent_id: json.stdout && /^br-/ }, roles: [{ name: 'app' }] });
  t.notOk('password' in child.roles[0], 'the same secret is not shown again');
});

t.test('Wrong usage is status 2 and one line.', async (t) => {
  const operator = await Operator.at(t);
  const cases = [
    ['projects create', /required option/],
    [
      'projects create --upstream postgres://app:pw@db',
      /^portcullis: --upstream names a role or a password: leave them out/,
    ],
    ['projects create --upstream nonsense', /^portcullis: --upstream is not a URL/],
    ['branches create --database app', /NAME:UPSTREAM_NAME/],
    ['roles set-upstream app', /say how: --password-stdin or --passthrough/],
    ['branches list -o xml', /Allowed choices/],
  ] as const;
  for (const [line, wanted] of cases) {
    const { status, stderr, stdout } = await operator.runs(line);
    t.equal(status, 2, line);
    t.match(stderr, wanted);
    t.equal(stdout, '');
  }
});
