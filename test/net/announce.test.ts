import t from 'tap';
import { formatAddress } from '../../src/allowlist/address.ts';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import type { ProxiedHeader } from '../../src/proxy-protocol/header.ts';
import { readProxyHeader } from '../../src/proxy-protocol/reader.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { line } from '../proxy-protocol/headers.ts';
import { login } from '../support/client-login.ts';
import { cancelRequest } from '../support/frontend-messages.ts';
import { answerLookups } from '../support/lookup-script.ts';
import { certificate, Scene, type SceneWish, verifier } from '../support/scene.ts';
import {
  close,
  echo,
  expect,
  goodScript,
  ok,
  perform,
  ready,
  type Script,
  type Step,
  scram,
  send,
  tls,
  welcome,
} from '../support/upstream-steps.ts';

/** What an upstream was told, connection by connection. */
class Announced {
  readonly headers: { version: 1 | 2; source: string; destination: string }[] = [];

  /** Reads the header that a connection must begin with. */
  readonly read: Step = perform(async ({ inbox }) => {
    const reader = readProxyHeader();
    let step = reader.next();
    while (!step.done) step = reader.next(await inbox.read(step.value));
    const header = step.value;
    if (header.command === 'local') throw new Error(`a ${header.form} header`);
    const version = inbox.all.readUInt8(0) === 'P'.charCodeAt(0) ? 1 : 2;
    this.headers.push({ version, source: end(header.source), destination: end(header.destination) });
  });
}

function end({ address, port }: ProxiedHeader['source']): string {
  return `${formatAddress(address)} ${port}`;
}

const overTls: SceneWish['target'] = { sslmode: 'verify-full', sslrootcert: certificate.cert };
const secured: Script = [expect('ssl-request'), send(Buffer.from('S')), tls(certificate)];

for (const proxyProtocol of ['v1', 'v2'] as const) {
  t.test(`An upstream that wants ${proxyProtocol} hears of the client before all else.`, async (t) => {
    const announced = new Announced();
    await using scene = await Scene.open({
      script: [announced.read, ...goodScript(verifier)],
      target: { proxyProtocol },
    });
    const { client } = await scene.session();
    const { localPort = 0 } = client.socket;
    t.strictSame(announced.headers, [
      {
        version: proxyProtocol === 'v1' ? 1 : 2,
        source: `127.0.0.1 ${localPort}`,
        destination: `127.0.0.1 ${scene.gate.port}`,
      },
    ]);
  });

  t.test(`A client behind a balancer is announced by ${proxyProtocol}, also before TLS.`, async (t) => {
    const announced = new Announced();
    const script = [announced.read, ...secured, expect('startup'), scram(verifier), send(welcome()), echo];
    await using scene = await Scene.open({
      script,
      target: { ...overTls, proxyProtocol },
      proxiedBy: allowlistFrom(['127.0.0.0/8'], 'test'),
    });
    for (const [source, family] of [
      ['203.0.113.7', 4],
      ['2001:db8::7', 6],
    ] as const) {
      const client = await scene.client();
      const to = family === 4 ? '192.0.2.1' : '2001:db8::1';
      client.send(line(`PROXY TCP${family} ${source} ${to} 56324 5432`));
      await login(await client.requestTls());
    }
    t.match(announced.headers, [{ source: '203.0.113.7 56324' }, { source: '2001:db8::7 56324' }]);
  });

  t.test(`A cancel request announces the gateway itself by ${proxyProtocol}.`, async (t) => {
    const announced = new Announced();
    await using scene = await Scene.open({
      script: [announced.read, ...goodScript(verifier)],
      target: { proxyProtocol },
    });
    const { greeting } = await scene.session();
    const canceling = await scene.client('127.0.0.9');
    canceling.send(cancelRequest(greeting.pid, greeting.key));
    t.equal((await canceling.closed()).length, 0);
    t.match(await scene.record(), { outcome: 'canceled' });
    t.equal(scene.upstream.cancels.length, 1);
    const [, cancel] = announced.headers;
    t.match(cancel, { source: /^127\.0\.0\.1 \d+$/, destination: `127.0.0.1 ${scene.upstream.port}` });
  });

  t.test(`A look-up of a verifier announces the gateway itself by ${proxyProtocol}.`, async (t) => {
    const announced = new Announced();
    const row = {
      rolname: 'app',
      rolpassword: formatVerifier(verifier),
      rolcanlogin: 't',
      rolsuper: 'f',
      rolreplication: 'f',
      valid: 't',
    };
    const lookup = [announced.read, expect('startup'), send(ok, ready), answerLookups(() => [row])];
    await using scene = await Scene.open({
      upstream: { scripts: [lookup, [announced.read, ...goodScript(verifier)]] },
      target: { proxyProtocol, requireAuth: new Set(['scram-sha-256', 'none']) },
      branch: {
        roles: [],
        authQuery: {
          role: 'lookup',
          password: undefined,
          database: 'postgres',
          query: undefined,
          superusers: false,
          replicationRoles: false,
        },
      },
    });
    const { client } = await scene.session();
    t.match(announced.headers, [
      { destination: `127.0.0.1 ${scene.upstream.port}` },
      { source: `127.0.0.1 ${client.socket.localPort}`, destination: `127.0.0.1 ${scene.gate.port}` },
    ]);
    t.not(announced.headers[0]?.source, announced.headers[1]?.source);
  });
}

t.test('An upstream that wants no header gets none.', async (t) => {
  const first: Buffer[] = [];
  const look = perform(async ({ inbox }) => {
    await inbox.until(() => inbox.unread.length >= 8);
    first.push(inbox.unread.subarray(0, 8));
  });
  await using scene = await Scene.open({ script: [look, ...goodScript(verifier)] });
  await scene.session();
  t.equal(first[0]?.readUInt32BE(4), 0x30000, 'the StartupMessage');
});

t.test('An upstream that closes on the header is out of reach, and says why in our log alone.', async (t) => {
  await using scene = await Scene.open({ script: [close], target: { proxyProtocol: 'v2' } });
  const client = await scene.tlsClient();
  await t.rejects(login(client), /upstream is not reachable/);
  t.match(await scene.record(), { reason: 'upstream-unreachable' });
});
