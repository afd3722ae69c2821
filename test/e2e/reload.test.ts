import { X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { putCertificate, startGateway, verifierOf, writeCatalog } from '../support/gateway.ts';
import { selfSigned } from '../support/openssl.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, type Conninfo, psql } from '../support/psql.ts';
import { RawClient } from '../support/raw-client.ts';

const PASSWORD = 'open sesame';
const NEW_PASSWORD = 'open barley';
const SAN = 'DNS:localhost';

const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, {
  bootstrapSql: [
    `CREATE ROLE app LOGIN PASSWORD '${verifier}'`,
    `CREATE ROLE second LOGIN PASSWORD '${verifier}'`,
  ],
});

/** A project with these roles; everyone is admitted but where a list is given. */
function catalog(roles: readonly object[], ips?: readonly string[]): object[] {
  return [
    {
      id: 'shop',
      settings: ips === undefined ? {} : { allowed_ips: { ips } },
      branches: [
        {
          id: 'br-main',
          name: 'main',
          default: true,
          upstream: { host: database.socketDir, port: database.port },
          roles,
        },
      ],
    },
  ];
}

const app = { name: 'app', verifier };
const folder = t.testdir();
const first = await selfSigned(folder, 'first', { san: SAN });
const gateway = await startGateway(t, { projects: catalog([app]), certificate: first });

function way(more: Conninfo = {}): Conninfo {
  return gateway.way({ user: 'app', password: PASSWORD, dbname: 'postgres', ...more });
}

async function fails(to: Conninfo, message: RegExp): Promise<string> {
  const { status, stderr } = await psql(to, ['-c', 'SELECT 1']);
  if (status !== 2 || !message.test(stderr)) throw new Error(`it ended with ${status}: ${stderr}`);
  return stderr;
}

/** Runs something that changes a file, and waits until the log says so once more. */
async function andThen(message: string, change: () => Promise<void> | void): Promise<void> {
  const count = (): number => gateway.log().filter(({ msg }) => msg === message).length;
  const before = count();
  await change();
  await gateway.child.until(message, () => count() > before);
}

/** What the gate shows now. */
async function shown(): Promise<string | undefined> {
  const client = await (await RawClient.connect(gateway.port)).requestTls();
  const certificate = client.secured.getPeerX509Certificate();
  client.destroy();
  return certificate?.fingerprint256;
}

async function fingerprint(path: string): Promise<string> {
  return new X509Certificate(await readFile(path)).fingerprint256;
}

t.test('A catalog edited while the gateway runs takes effect for the next login.', async (t) => {
  t.equal(await ask(way(), 'SELECT 1'), '1');
  await fails(way({ user: 'second' }), /password authentication failed/);
  const changed = { name: 'app', verifier: await verifierOf(NEW_PASSWORD), upstream: { role: 'second' } };
  await andThen('catalog read again', () =>
    writeCatalog(gateway.dir, catalog([changed, { name: 'second', verifier }])),
  );
  t.equal(await ask(way({ user: 'second' }), 'SELECT current_user'), 'second');
  t.match(await fails(way(), /password authentication failed/), 'user "app"');
});

t.test('A broken catalog is not taken, the log says why, and the last good one stays.', async (t) => {
  const path = join(gateway.dir, 'catalog.yaml');
  for (const [text, why] of [
    ['projects:\n  - id: shop\n    branchs: []\n', /catalog\.yaml:3:5: .*"?branchs"?.*branches/],
    ['projects: [', /catalog\.yaml:1:\d+: /],
    ['', /catalog\.yaml/],
  ] as const) {
    await andThen('catalog not taken, the last good one stays', () => writeFile(path, text));
    const [problem] = gateway.log().slice(-2);
    t.match(problem, { level: 'error', msg: why });
    t.equal(await ask(way({ user: 'second' }), 'SELECT 1'), '1');
  }
  await andThen('catalog read again', () => writeCatalog(gateway.dir, catalog([app])));
  t.equal(await ask(way(), 'SELECT 1'), '1');
});

t.test('An allowlist that is written shuts out who is not on it, and lets in who is.', async (t) => {
  await andThen('catalog read again', () => writeCatalog(gateway.dir, catalog([app], ['203.0.113.0/24'])));
  await fails(way(), /This IP address 127\.0\.0\.1 is not allowed/);
  await andThen('catalog read again', () => writeCatalog(gateway.dir, catalog([app], ['127.0.0.0/8'])));
  t.equal(await ask(way(), 'SELECT 1'), '1');
});

t.test('A certificate that is replaced is shown to new connections; old ones go on.', async (t) => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'app',
    password: PASSWORD,
    database: 'postgres',
    ssl: { ca: await readFile(first.cert, 'utf8'), servername: 'localhost' },
  });
  await client.connect();
  t.teardown(() => client.end());
  const second = await selfSigned(folder, 'second', { san: SAN, with: ['-newkey', 'rsa:2048', '-sha384'] });
  await andThen('certificates read again', async () => {
    await putCertificate(gateway.dir, second);
    // The key may have been seen without its certificate first, and the log have said so.
    while ((await shown()) !== (await fingerprint(second.cert))) await setTimeout(20);
  });
  t.equal(await ask(way({ sslrootcert: second.cert }), 'SELECT 1'), '1', 'with its own channel binding');
  await fails(way({ sslrootcert: first.cert }), /certificate verify failed/);
  t.strictSame((await client.query('SELECT 1 AS n')).rows, [{ n: 1 }]);
});

t.test('A broken certificate is not taken: the last good pair stays, and the log says why.', async (t) => {
  const before = await shown();
  const refused = 'certificate not taken, the last good one stays';
  const path = join(gateway.dir, 'certs/server.crt');
  const good = await readFile(path);
  await andThen(refused, () => writeFile(path, good.subarray(0, 200)));
  t.equal(await shown(), before);
  const other = await selfSigned(folder, 'other', { san: SAN });
  await andThen(refused, async () => await writeFile(path, await readFile(other.cert)));
  t.match(
    gateway.log().findLast(({ msg }) => msg === refused),
    { level: 'error', problem: /does not belong/ },
  );
  await writeFile(join(gateway.dir, 'certs/good.crt'), good);
  t.equal(await ask(way({ sslrootcert: join(gateway.dir, 'certs/good.crt') }), 'SELECT 1'), '1');
  await andThen('certificates read again', () => writeFile(path, good));
  t.equal(await shown(), before);
});

t.test('SIGHUP reads both again, and ends no session.', async (t) => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: gateway.port,
    user: 'app',
    password: PASSWORD,
    database: 'postgres',
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  t.teardown(() => client.end());
  await andThen('catalog read again', async () => {
    await andThen('certificates read again', () => gateway.child.kill('SIGHUP'));
  });
  t.strictSame((await client.query('SELECT 1 AS n')).rows, [{ n: 1 }]);
  t.equal(await ask(way({ sslrootcert: join(gateway.dir, 'certs/good.crt') }), 'SELECT 1'), '1');
});
