import { createHash } from 'node:crypto';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { parseSaltedKeys } from '../../src/scram/salted-keys.ts';
import { parseVerifier } from '../../src/scram/verifier.ts';
import { CatalogFileDesk } from '../../src/store/catalog-desk.ts';
import { firstLogin } from '../store/a-catalog-file.ts';
import { startGateway, verifierOf } from '../support/gateway.ts';
import { portcullis } from '../support/portcullis.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, type Conninfo, psql } from '../support/psql.ts';

const AT_THE_GATE = 'open sesame';
const THERE = 'its own p@ssword';

const database = await startEmbedded(t, {
  settings: { md5_password_warnings: 'off' },
  tcp: {},
  hba: [
    'local all postgres trust',
    'host all md5_role 127.0.0.1/32 md5',
    'host all all 127.0.0.1/32 scram-sha-256',
  ],
  bootstrapSql: [
    `CREATE ROLE other LOGIN PASSWORD '${THERE}'`,
    "SET password_encryption = 'md5'",
    `CREATE ROLE md5_role LOGIN PASSWORD '${THERE}'`,
  ],
});

const upstream = { host: '127.0.0.1', port: database.port, sslmode: 'disable' };
const verifier = await verifierOf(AT_THE_GATE);

function branch(name: string, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const roles = [{ name: 'app', verifier }];
  return { id: `br-${name}`, name, endpoints: [{ id: `ep-${name}` }], upstream, roles, ...more };
}

const gateway = await startGateway(t, {
  config: {
    catalog: { file: 'catalog.yaml', key: { file: 'catalog.key' } },
    limits: { failed_logins: { exempt: ['127.0.0.1'] } },
  },
  projects: [
    {
      id: 'shop',
      branches: [
        branch('main', { default: true }),
        branch('md5', { upstream: { ...upstream, require_auth: ['md5', 'scram-sha-256'] } }),
        branch('away', { upstream: { ...upstream, port: 1 } }),
        branch('nowhere', { upstream: { ...upstream, database: { app: 'nowhere' } } }),
      ],
    },
  ],
});
const catalog = join(gateway.dir, 'catalog.yaml');
const keyFile = join(gateway.dir, 'catalog.key');
const location = { file: catalog, base: gateway.dir, keys: undefined, keyFile, clientCa: false };

function operate(line: string, input = '') {
  return portcullis([...line.split(' '), '--dir', gateway.dir], { input });
}

function way(endpoint: string): Conninfo {
  const options = `endpoint=ep-${endpoint}`;
  return gateway.way({ user: 'app', password: AT_THE_GATE, dbname: 'postgres', options });
}

/** The gateway follows within a second. */
async function whoAmI(endpoint: string, wanted: string): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const { stdout } = await psql(way(endpoint), ['-Atc', 'SELECT current_user']);
    if (stdout.trim() === wanted) return wanted;
  }
  return 'nobody in time';
}

t.test(
  'What keeps a password from being tried, or is wrong with it, is said, and nothing is changed.',
  async (t) => {
    const before = await readFile(catalog, 'utf8');
    for (const [line, why] of [
      [
        'app --upstream-role other',
        /cannot log in upstream as other, database postgres: 28P01: [^\n]*; nothing was changed: mend that, or give --no-check$/,
      ],
      ['app --branch away', /cannot log in upstream as app, database postgres: [^\n]*ECONNREFUSED/],
      ['app --branch nowhere', /as app, database nowhere: /],
      ['nobody', /has no role "?nobody/],
    ] as const) {
      const ended = await operate(`roles set-upstream ${line} --password-stdin`, 'wrong password\n');
      t.match(ended, { status: 1, stdout: '' }, line);
      t.match(ended.stderr.trimEnd(), why, line);
      t.notMatch(ended.stderr, 'wrong password');
    }
    t.equal(await readFile(catalog, 'utf8'), before);
    await t.rejects(stat(keyFile), { code: 'ENOENT' });
  },
);

t.test(
  'Where the upstream speaks SCRAM, keys are sealed in place of the password, and log in.',
  async (t) => {
    const set = await operate(
      'roles set-upstream app --upstream-role other --password-stdin -o json',
      `${THERE}\n`,
    );
    t.match(set, { status: 0, stderr: /^portcullis: made \S+catalog\.key, the key for sealed secrets/m });
    t.match(JSON.parse(set.stdout), { upstream_role: 'other', upstream_login: 'keys' });
    t.equal((await stat(keyFile)).mode & 0o777, 0o600);
    const login = firstLogin(new CatalogFileDesk(location, { env: {} }).read()) ?? '';
    t.notMatch(login, THERE);
    const keys = parseSaltedKeys(login);
    const kept = parseVerifier(await storedFor('other'));
    t.strictSame(keys?.salt, kept?.salt);
    t.strictSame(
      createHash('sha256')
        .update(keys?.clientKey ?? '')
        .digest(),
      kept?.storedKey,
    );
    t.equal(await whoAmI('main', 'other'), 'other');
  },
);

t.test('Where it does not, or is not asked, the password itself is sealed, and this is said.', async (t) => {
  const md5 = await operate(
    'roles set-upstream app --branch md5 --upstream-role md5_role --password-stdin -o json',
    THERE,
  );
  t.match(md5, {
    status: 0,
    stderr: /the upstream does not ask for SCRAM: the password itself is kept, sealed/,
  });
  t.match(JSON.parse(md5.stdout), { upstream_login: 'password' });
  t.equal(await whoAmI('md5', 'md5_role'), 'md5_role');
  const away = await operate('roles set-upstream app --branch away --no-check --password-stdin', THERE);
  t.match(away, { status: 0, stderr: /the password was not tried; it is sealed as it is/ });
  t.notMatch(await readFile(catalog, 'utf8'), THERE);
});

t.test('New keys for the catalog keep every login.', async (t) => {
  const before = await readFile(keyFile, 'utf8');
  t.match(await operate('keys rotate'), { status: 0, stdout: /^3 secrets are sealed with the new key/ });
  t.not(await readFile(keyFile, 'utf8'), before);
  t.equal(await whoAmI('main', 'other'), 'other');
  t.equal(await whoAmI('md5', 'md5_role'), 'md5_role');
});

t.test('A password that was set anew upstream is told by our log, until it is set here, too.', async (t) => {
  await alter(`ALTER ROLE other PASSWORD '${THERE}'`);
  const seen = await psql(way('main'), ['-c', 'SELECT 1']);
  t.match(seen, { status: 2, stderr: /FATAL: {2}upstream refused the gateway's login/ });
  const line = await gateway.logged('the refusal', ({ outcome }) => outcome === 'refused');
  t.match(
    line['detail'],
    /^the upstream's salt for role "app" changed \(its password was set anew\?\): run roles set-upstream again$/,
  );
  t.match(await operate('roles set-upstream app --password-stdin', THERE), { status: 0 });
  t.equal(await whoAmI('main', 'other'), 'other');
});

t.test('A sealed text that was moved to another role opens nowhere, and a lost key is told.', async (t) => {
  const good = await readFile(catalog, 'utf8');
  const [first = '', second = ''] = good.match(/sealed:[\w:.-]+/g) ?? [];
  await writeFile(catalog, good.replace(second, first));
  const moved = await operate('check');
  t.match(moved, { status: 2 });
  const place =
    /catalog\.yaml:\d+:\d+: does not open with key k-\w+: sealed for another record, or it or the key was changed: set it again/;
  t.match(moved.stderr + moved.stdout, place);
  const start = await portcullis(['start', '--dir', gateway.dir]);
  t.match(start, { status: 2, stderr: place });
  await writeFile(catalog, good);
  t.match(await operate('check'), { status: 0 });

  await rename(keyFile, `${keyFile}.away`);
  const lost = /catalog\.yaml:\d+:\d+: no key to open it: \S*catalog\.key is not there, put it back/;
  const check = await operate('check');
  t.match(check, { status: 2 });
  t.match(check.stderr + check.stdout, lost);
  t.match(await portcullis(['start', '--dir', gateway.dir]), { status: 2, stderr: lost });
  t.equal(await ask(way('main'), 'SELECT current_user'), 'other', 'the running gateway goes on');
});

async function storedFor(role: string): Promise<string> {
  const { rows } = await alter(`SELECT rolpassword FROM pg_authid WHERE rolname = '${role}'`);
  return String(rows[0]?.rolpassword);
}

async function alter(sql: string): Promise<{ rows: { rolpassword?: string }[] }> {
  const client = new pg.Client(database.superuser);
  await client.connect();
  try {
    return await client.query(sql);
  } finally {
    await client.end();
  }
}
