import t from 'tap';
import { startGateway, verifierOf } from '../support/gateway.ts';
import { manInTheMiddle } from '../support/man-in-the-middle.ts';
import { EC, selfSigned } from '../support/openssl.ts';
import { startEmbedded } from '../support/postgres.ts';
import { ask, type Libpq, psql } from '../support/psql.ts';
import { testCertificate } from '../support/server-certificate.ts';

const PASSWORD = 'open sesame';
const RSA = ['-newkey', 'rsa:2048'];
const PLUS = 'SCRAM-SHA-256-PLUS\0';

const verifier = await verifierOf(PASSWORD);
const database = await startEmbedded(t, { bootstrapSql: [`CREATE ROLE app LOGIN PASSWORD '${verifier}'`] });

/** Certificates that have a binding, by the name that shows them. */
const BOUND: Readonly<Record<string, readonly string[]>> = {
  'ecdsa-p256-sha256': [...EC, '-sha256'],
  'ecdsa-p384-sha384': ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384', '-sha384'],
  'rsa-sha256': [...RSA, '-sha256'],
  'rsa-sha384': [...RSA, '-sha384'],
  'rsa-sha512': [...RSA, '-sha512'],
  'rsa-pss-sha256': [...RSA, '-sha256', '-sigopt', 'rsa_padding_mode:pss'],
  'rsa-pss-sha384': [...RSA, '-sha384', '-sigopt', 'rsa_padding_mode:pss'],
  'rsa-sha1': [...RSA, '-sha1'],
};
const UNBOUND = { ed25519: ['-newkey', 'ed25519'] };

const folder = t.testdir();
const pairs = new Map(
  await Promise.all(
    Object.entries({ ...BOUND, ...UNBOUND }).map(
      async ([name, how]) =>
        [name, await selfSigned(folder, name, { san: `DNS:${name}.example.com`, with: how })] as const,
    ),
  ),
);

const gateway = await startGateway(t, {
  config: { tls: { certificates: [...pairs.values()] } },
  projects: [
    {
      id: 'shop',
      branches: [
        {
          id: 'br-main',
          name: 'main',
          default: true,
          upstream: { host: database.socketDir, port: database.port },
          roles: [{ name: 'app', verifier }],
        },
      ],
    },
  ],
});

/** A way in that shows the certificate of this name. */
function way(name: string, channelBinding: string): Record<string, string | number> {
  return {
    ...gateway.way({ user: 'app', password: PASSWORD, dbname: 'postgres', hostaddr: '127.0.0.1' }),
    host: `${name}.example.com`,
    sslrootcert: pairs.get(name)?.cert ?? '',
    channel_binding: channelBinding,
  };
}

/** How the last session logged in. */
async function lastMechanism(count: number): Promise<unknown> {
  const sessions = () => gateway.log().filter(({ kind }) => kind === 'session');
  await gateway.child.until('the session’s line', () => sessions().length >= count);
  return sessions().at(-1)?.['mechanism'];
}

function bindingRefused(): number {
  return gateway.log().filter(({ reason }) => reason === 'channel-binding').length;
}

let sessions = 0;

for (const name of Object.keys(BOUND)) {
  t.test(`A certificate of kind ${name} binds.`, async (t) => {
    for (const libpq of [15, 18] satisfies Libpq[]) {
      t.equal(await ask(way(name, 'require'), 'SELECT 1', { libpq }), '1', `libpq ${libpq}`);
      sessions += 1;
      t.equal(await lastMechanism(sessions), 'SCRAM-SHA-256-PLUS');
    }
  });
}

t.test('With Ed25519, which has no binding, PLUS is not offered; preferring it works.', async (t) => {
  for (const libpq of [15, 18] satisfies Libpq[]) {
    t.equal(await ask(way('ed25519', 'prefer'), 'SELECT 1', { libpq }), '1', `libpq ${libpq}`);
    sessions += 1;
    t.equal(await lastMechanism(sessions), 'SCRAM-SHA-256');
    const required = await psql(way('ed25519', 'require'), ['-c', 'SELECT 1'], { libpq });
    t.match(required, { status: 2, stderr: /channel binding (is )?required, but/ });
    sessions += 1;
  }
});

t.test(
  'A man in the middle with a certificate of his own gets nowhere but by channel_binding=disable.',
  async (t) => {
    const port = await manInTheMiddle(t, gateway.port, await testCertificate());
    const through = (binding: string) => ({
      ...way('ecdsa-p256-sha256', binding),
      port,
      sslmode: 'require',
      sslrootcert: '',
    });
    for (const binding of ['require', 'prefer']) {
      const deceived = await psql(through(binding), ['-c', 'SELECT 1']);
      t.match(deceived, { status: 2, stderr: /FATAL: {2}SCRAM channel binding check failed\n/ }, binding);
    }
    t.equal(await ask(through('disable'), "SELECT 'read by others'"), 'read by others');
    await gateway.child.until('both refusals', () => bindingRefused() === 2);
    t.pass('our log says so, too');
  },
);

t.test('A man in the middle who hides PLUS is found out as well.', async (t) => {
  const hide = (fromGate: Buffer): Buffer => {
    const at = fromGate.indexOf(PLUS);
    if (at < 0) return fromGate;
    const altered = Buffer.concat([fromGate.subarray(0, at), fromGate.subarray(at + PLUS.length)]);
    altered.writeInt32BE(fromGate.readInt32BE(1) - PLUS.length, 1);
    return altered;
  };
  const port = await manInTheMiddle(t, gateway.port, await testCertificate(), hide);
  const through = (binding: string) => ({
    ...way('ecdsa-p256-sha256', binding),
    port,
    sslmode: 'require',
    sslrootcert: '',
  });
  const preferring = await psql(through('prefer'), ['-c', 'SELECT 1']);
  t.match(preferring, { status: 2, stderr: /FATAL: {2}/ });
  await gateway.child.until('the refusal', () => bindingRefused() === 3);
  const requiring = await psql(through('require'), ['-c', 'SELECT 1']);
  t.match(requiring, { status: 2, stderr: /channel binding (is )?required/ });
});
