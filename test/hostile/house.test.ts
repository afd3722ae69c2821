import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { TlsTerminator } from '../../src/net/tls-server.ts';
import { endPointBinding } from '../../src/scram/channel-binding.ts';
import { startClient } from '../../src/scram/client.ts';
import { passwordKeys } from '../../src/scram/credentials.ts';
import { answerSasl, NONCE, PASSWORD, readGreeting, sendStartup } from '../support/client-login.ts';
import { query, saslInitialResponse, saslResponse } from '../support/frontend-messages.ts';
import { startGateway, verifierOf } from '../support/gateway.ts';
import type { RawClient } from '../support/raw-client.ts';
import { certificate, Scene } from '../support/scene.ts';
import { certificateStore, testCertificate } from '../support/server-certificate.ts';
import { readSourceTree } from '../support/source-files.ts';

/** The house itself: what nobody attacks on purpose, and what breaks all the same. */

/** Rooms in which times are measured: deadlines, lock-outs, what is remembered for how long. */
const TIMED_ROOMS = ['session/', 'legs/', 'upstream/', 'throttle/', 'counters/', 'scram/', 'wire/'];

t.test('No deadline and no counter goes by a clock that somebody may set.', async (t) => {
  const files = readSourceTree(fileURLToPath(new URL('../../src/', import.meta.url)));
  const timed = files.filter(({ path }) => TIMED_ROOMS.some((room) => path.startsWith(room)));
  t.ok(timed.length > 50, `${timed.length} files`);
  for (const { path } of timed) {
    const text = await readFile(new URL(`../../src/${path}`, import.meta.url), 'utf8');
    t.notMatch(text, /\bDate\.now\b|\bnew Date\(\)/, path);
  }
});

/** Where a secret is compared with what a stranger sent. */
const COMPARERS = [
  'scram/server.ts',
  'scram/client-final.ts',
  'session/cancel-keys.ts',
  'session/standing.ts',
];

t.test('Proofs, signatures and keys are compared in constant time.', async (t) => {
  for (const path of COMPARERS) {
    const text = await readFile(new URL(`../../src/${path}`, import.meta.url), 'utf8');
    t.match(text, /\btimingSafeEqual\(/, path);
    t.notMatch(text, /(?:[kK]ey|[pP]roof|[sS]ignature)\w*(?:\.equals\(| [=!]== )/, path);
  }
});

t.test(
  'A certificate reloaded in the middle of a login changes nothing for it, and serves the next.',
  async (t) => {
    const renewed = await testCertificate();
    let store = certificateStore(certificate);
    await using scene = await Scene.open({ parts: { tls: new TlsTerminator(() => store) } });
    const early = await scene.tlsClient();
    sendStartup(early);
    store = certificateStore(renewed);
    const late = await scene.tlsClient();
    sendStartup(late);
    const [old, now] = [bindingOf(early), bindingOf(late)];
    t.ok(old && now && !old.equals(now), 'they were shown two certificates');
    for (const [client, binding] of [
      [early, old],
      [late, now],
    ] as const) {
      await proveBound(client, binding);
      t.equal((await readGreeting(client)).letters, 'RSKZ');
    }
  },
);

function bindingOf(client: RawClient): Buffer | undefined {
  const shown = client.secured.getPeerX509Certificate();
  return shown && endPointBinding(shown.raw);
}

/** SCRAM-SHA-256-PLUS, bound to the certificate that this client was shown. */
async function proveBound(client: RawClient, binding: Buffer | undefined): Promise<void> {
  const offer = (await client.expect('R')).toString('latin1', 4).split('\0').slice(0, -2);
  const exchange = startClient(
    { mechanisms: offer, binding, tls: true, channelBinding: 'require', nonce: NONCE },
    passwordKeys(PASSWORD),
  );
  if (exchange.kind === 'failure') throw new Error(exchange.reason);
  client.send(saslInitialResponse(exchange.mechanism, exchange.initial));
  const proof = await exchange.first((await client.expect('R')).subarray(4));
  if (proof.kind === 'failure') throw new Error(proof.reason);
  client.send(saslResponse(proof.reply));
}

const CROWD = 80;

t.test('When the upstream drops everyone and all come back at once, all are let in again.', async (t) => {
  await using scene = await Scene.open();
  const everyone = async (): Promise<RawClient[]> =>
    await Promise.all(
      Array.from({ length: CROWD }, async () => {
        const client = await scene.tlsClient();
        sendStartup(client);
        await answerSasl(client);
        await readGreeting(client);
        return client;
      }),
    );
  const before = await everyone();
  for (const { socket } of scene.upstream.conversations) socket.resetAndDestroy();
  await Promise.all(before.map((client) => client.closed()));
  const after = await everyone();
  await Promise.all(
    after.map(async (client, n) => {
      client.send(query(`n${n}`));
      await client.expect('T');
      const row = await client.expect('D');
      if (!row.toString('latin1').endsWith(`n${n}`)) throw new Error(`${n} was answered with another’s row`);
    }),
  );
  t.equal(scene.gate.gate.sessions.size, CROWD, 'those that were dropped are gone');
});

t.test('The process list shows no secret.', async (t) => {
  const verifier = await verifierOf(PASSWORD);
  const secret = 'the upstream’s own password';
  const upstream = { host: '127.0.0.1', port: 1, sslmode: 'disable' };
  const role = { name: 'app', verifier, upstream: { password: `$\{UPSTREAM_PASSWORD}` } };
  const { child } = await startGateway(t, {
    projects: [
      { id: 'shop', branches: [{ id: 'br-main', name: 'main', default: true, upstream, roles: [role] }] },
    ],
    env: { UPSTREAM_PASSWORD: secret },
  });
  const shown = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
  const title = await readFile(`/proc/${child.pid}/comm`, 'utf8');
  t.match(shown, /portcullis\.cjs\0start\0/);
  for (const hidden of [verifier, verifier.slice(-44), secret]) {
    t.notOk(shown.includes(hidden));
    t.notOk(title.includes(hidden));
  }
});
