import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { formatKeyLine, KEY_BYTES } from '../../src/config/key-ring.ts';
import { Operator } from '../cli/operator.ts';
import { makeGatewayFolder, startIn } from '../support/gateway.ts';
import { selfSigned } from '../support/openssl.ts';
import { startDev } from '../support/portcullis.ts';
import { startEmbedded } from '../support/postgres.ts';
import {
  findIn,
  findInFiles,
  findInMemory,
  findInProcess,
  heldForms,
  type Secrets,
  writtenForms,
} from '../support/secret-search.ts';

/** With characters that URLs, JSON and base64 each write in another way. */
const GIVEN = 'Quuxzorb/Grinfelq?42 "Vlanmix"+é';
const RESET = 'Brumtolk\\Ziffersatz&17 Pelqua+ß';
const UPSTREAM = 'Krenzwolp:Hasterdin@93 Übelquart';
const SEALED = 'Dolmfrex%Wissengart#58 Öltirnak';
const WRONG = 'Fenkblast!Morwinzel=71 Äckerdoft';

const linux = { skip: process.platform !== 'linux' && 'there is no /proc' };

/** A command of an operator. @throws Error where it fails. */
async function operator(dir: string, line: string, input = ''): Promise<string> {
  const { status, stdout, stderr } = await Operator.in(dir).runs(line, input);
  if (status !== 0) throw new Error(`${line}: status ${status}: ${stderr}`);
  return stdout;
}

/** The new passwords in a command's JSON. */
function passwordsIn(json: string): string[] {
  return [...json.matchAll(/"password": "([^"]+)"/g)].map(([, password = '']) => password);
}

/** The same once the gateway has read what was just written: a login that it came upon would be cut. */
async function settled(config: pg.ClientConfig): Promise<unknown> {
  for (;;) {
    try {
      return await selectOne(config);
    } catch (error) {
      if (!(error instanceof pg.DatabaseError) || error.code !== '57P01') throw error;
    }
  }
}

async function selectOne(config: pg.ClientConfig): Promise<unknown> {
  const client = new pg.Client({ ...config, enableChannelBinding: true });
  // A refusal comes as the rejection of connect().
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query('SELECT current_user AS me');
  await client.end();
  return rows;
}

t.test('The search finds a secret in every form, wherever it begins.', async (t) => {
  const patterns = writtenForms({ given: GIVEN });
  for (const before of ['', 'a', 'ab', 'abc']) {
    const text = `${before}${GIVEN}xyz`;
    for (const written of [
      text,
      JSON.stringify({ text }),
      encodeURIComponent(text),
      Buffer.from(text).toString('base64'),
      Buffer.from(text).toString('base64url'),
      Buffer.from(text).toString('hex'),
    ]) {
      t.strictSame(findIn('here', `<${written}>`, patterns), ['given in here'], written);
    }
  }
  t.strictSame(findIn('here', GIVEN.slice(1), patterns), []);
});

t.test(
  'Nothing that `start` or the commands leave behind holds a password, nor does the process.',
  linux,
  async (t) => {
    const certificates = t.testdir();
    const { cert, key } = await selfSigned(certificates, 'database', { san: 'DNS:localhost' });
    const database = await startEmbedded(t, {
      tcp: { tls: { cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') } },
      bootstrapSql: [`CREATE ROLE up LOGIN PASSWORD '${UPSTREAM}'`],
    });
    const config = { catalog: { file: 'catalog.yaml', key: { file: 'catalog.key' } } };
    const dir = await makeGatewayFolder(t, { projects: [], config });
    await writeFile(join(dir, 'catalog.key'), formatKeyLine('k1', randomBytes(KEY_BYTES)), { mode: 0o600 });
    const run = (line: string, input?: string): Promise<string> => operator(dir, line, input);

    const upstream = `postgres://localhost:${database.port}/?sslrootcert=${encodeURIComponent(cert)}`;
    await run(`projects create --id shop --upstream ${upstream}`);
    await run('roles create --name given --password-stdin', GIVEN);
    const generated = passwordsIn(await run('roles create --name generated -o json'));
    await run('roles set-upstream given --upstream-role up --password-stdin', UPSTREAM);
    await run('roles set-upstream generated --upstream-role other --no-check --password-stdin', SEALED);
    const gateway = await startIn(t, dir);
    const base = { host: 'localhost', port: gateway.port, database: 'postgres', user: 'given' };
    const ssl = { ca: await readFile(gateway.ca, 'utf8') };
    t.strictSame(await selectOne({ ...base, password: GIVEN, ssl }), [{ me: 'up' }]);
    await t.rejects(selectOne({ ...base, password: WRONG, ssl }), { code: '28P01' });
    await run('branches protect main');
    const inherited = passwordsIn(await run('branches create --name dev -o json'));
    await run('roles reset-password given --yes --password-stdin', RESET);
    await gateway.logged('a catalog read again', ({ msg }) => msg === 'catalog read again');
    await run('keys rotate');
    t.equal(generated.length + inherited.length, 3);

    const secrets: Secrets = {
      GIVEN,
      RESET,
      UPSTREAM,
      SEALED,
      WRONG,
      ...Object.fromEntries(
        [...generated, ...inherited].map((password, index) => [`generated ${index}`, password]),
      ),
    };
    const written = writtenForms(secrets);
    const { child } = gateway;
    t.strictSame(await findInFiles(dir, written), []);
    t.strictSame(findIn('the log', child.stdout + child.stderr, written), []);
    t.strictSame(await findInProcess(child.pid, written), []);

    const catalog = await readFile(join(dir, 'catalog.yaml'), 'utf8');
    const [verifier = ''] = /SCRAM-SHA-256\$[^\s"']+/.exec(catalog) ?? [];
    const keyLine = await readFile(join(dir, 'catalog.key'), 'utf8');
    const kept = writtenForms({ verifier, key: keyLine.trim() });
    t.strictSame(
      findIn('the log', child.stdout + child.stderr, kept),
      [],
      'verifiers and keys are secrets, too',
    );
    t.match((await findInFiles(dir, kept)).toSorted(), [
      /^key in .*catalog\.key$/,
      /^verifier in .*catalog\.yaml$/,
    ]);
    // What is sealed as a password the process must know; keys it has in the password's place.
    const { SEALED: _known, ...unknown } = secrets;
    t.strictSame(await findInMemory(child.pid, heldForms(unknown)), []);
    t.strictSame(
      await findInMemory(child.pid, heldForms({ folder: dir })),
      ['folder in memory'],
      'memory was read',
    );
  },
);

t.test(
  'Nothing that `dev` leaves behind holds a password, its own credentials.json aside.',
  linux,
  async (t) => {
    const { child, connection, dir } = await startDev(t);
    const { url, ca } = connection;
    await operator(dir, 'roles create --name given --password-stdin', GIVEN);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('CREATE ROLE up LOGIN');
    await client.end();
    await operator(dir, 'roles set-upstream given --upstream-role up --no-check --password-stdin', SEALED);
    const way = { host: 'localhost', port: connection.port, database: connection.database, user: 'given' };
    const ssl = { ca: await readFile(ca, 'utf8') };
    await t.rejects(settled({ ...way, password: GIVEN, ssl }), { code: '28000' });
    await t.rejects(selectOne({ ...way, password: WRONG, ssl }), { code: '28P01' });

    const written = writtenForms({ own: connection.password, GIVEN, SEALED, WRONG });
    t.strictSame(await findInFiles(dir, written, ['credentials.json']), []);
    t.strictSame(await findInFiles(dir, writtenForms({ own: connection.password })), [
      `own in ${join(dir, 'credentials.json')}`,
    ]);
    t.strictSame(findIn('the log', child.stderr, written), []);
    t.strictSame(await findInProcess(child.pid, written), []);
  },
);
