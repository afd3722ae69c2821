import t from 'tap';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { tlv, withTlvs } from '../proxy-protocol/headers.ts';
import { login, sendStartup } from '../support/client-login.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { isAbout, noTimers, untilProbe } from '../support/kernel-timers.ts';
import { RawClient } from '../support/raw-client.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { goodScript } from '../support/upstream-steps.ts';

/** A gateway on files, as an operator writes them. */
async function gatewayWith(
  config: Readonly<Record<string, unknown>>,
  branch: Readonly<Record<string, unknown>> = {},
): Promise<{ gateway: RunningGateway; upstream: ScriptedUpstream }> {
  const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
  t.teardown(() => upstream.close());
  const { host, port } = upstream;
  const main = {
    id: 'br-main',
    name: 'main',
    default: true,
    upstream: { host, port, sslmode: 'disable' },
    roles: [{ name: 'app', verifier: formatVerifier(verifier) }],
    ...branch,
  };
  const gateway = await startGateway(t, { projects: [{ id: 'shop', branches: [main] }], config });
  return { gateway, upstream };
}

async function connect({ port }: RunningGateway, from?: string): Promise<RawClient> {
  const client = await RawClient.connect(port, from);
  t.teardown(() => client.destroy());
  return client;
}

t.test('limits of portcullis.yaml bound what clients may take.', async (t) => {
  const limits = { max_connections: 3, connections_per_address: 2, handshake_timeout: '2s' };
  const { gateway } = await gatewayWith({ limits });
  await login(await (await connect(gateway, '127.0.0.2')).requestTls());
  const halfway = await (await connect(gateway, '127.0.0.2')).requestTls();
  for (const [from, what] of [
    ['127.0.0.2', 'this address'],
    ['127.0.0.3', undefined],
    ['127.0.0.4', 'this gateway'],
  ] as const) {
    const client = await (await connect(gateway, from)).requestTls();
    if (what === undefined) {
      await login(client);
      continue;
    }
    sendStartup(client);
    t.match(await client.refusal(), { sqlstate: '53300', message: `too many connections for ${what}` });
  }
  t.match(await halfway.refusal(), { sqlstate: '57014' });
});

t.test('keepalive of portcullis.yaml reaches both legs.', { skip: noTimers }, async (t) => {
  const { gateway, upstream } = await gatewayWith({ limits: { keepalive: '3h' } });
  const client = await connect(gateway);
  await login(await client.requestTls());
  const span = 3 * 3_600_000;
  const toClient = untilProbe(gateway.port, client.socket.localPort ?? 0);
  t.ok(isAbout(toClient, span), `${toClient} ms until it asks for the client`);
  const dialed = upstream.conversation().socket.remotePort ?? 0;
  const toUpstream = untilProbe(dialed, upstream.port);
  t.ok(isAbout(toUpstream, span), `${toUpstream} ms until it asks for the upstream`);
});

t.test('proxy_protocol of a listener names the client, and the log has both.', async (t) => {
  const listen = [{ address: '127.0.0.1:0', proxy_protocol: { trusted: ['127.0.0.7'] } }];
  const { gateway } = await gatewayWith({ listen }, { allowed_ips: { ips: ['203.0.113.7'] } });
  const client = await connect(gateway, '127.0.0.7');
  client.send(withTlvs(tlv(0xea, '\x01vpce-0a1b2c')));
  await login(await client.requestTls());
  client.destroy();
  t.match(await gateway.logged('the session', ({ outcome }) => outcome === 'closed'), {
    address: '203.0.113.7',
    port: 56_324,
    via: '127.0.0.7',
    vpc_endpoint: 'vpce-0a1b2c',
  });
  const stranger = await connect(gateway, '127.0.0.9');
  t.equal((await stranger.closed()).length, 0);
  t.match(await gateway.logged('the stranger', ({ reason }) => reason === 'proxy-untrusted'), {
    address: '127.0.0.9',
    outcome: 'refused',
  });
});

t.test('Bounds of a branch and of a role come from the catalog.', async (t) => {
  const roles = [{ name: 'app', verifier: formatVerifier(verifier), connection_limit: 1 }];
  const bounds = { idle_session_timeout: '1s', max_session_age: '1h', connection_limit: 5 };
  const { gateway } = await gatewayWith({}, { roles, ...bounds });
  const client = await (await connect(gateway)).requestTls();
  await login(client);
  await t.rejects(login(await (await connect(gateway)).requestTls()), /too many connections for role "app"/);
  t.match(await client.refusal(), { sqlstate: '57P05' });
  t.match(await gateway.logged('the cut', ({ reason }) => reason === 'idle'), { outcome: 'cut' });
});
