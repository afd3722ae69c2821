import t from 'tap';
import type { Branch } from '../../src/catalog/model.ts';
import { Secret } from '../../src/catalog/secret.ts';
import { dial } from '../../src/net/dial.ts';
import { formatVerifier, verifierOf } from '../../src/scram/verifier.ts';
import { Verifiers } from '../../src/upstream/verifiers.ts';
import { aBranch, anUpstream } from '../catalog/a-catalog.ts';
import { GOOD_ROW } from '../support/auth-query-rows.ts';
import { answerSasl, NONCE, sendStartup } from '../support/client-login.ts';
import { saslInitialResponse } from '../support/frontend-messages.ts';
import { lookupScript } from '../support/lookup-script.ts';
import { aRole, Scene, verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { echo, expect, scram, send, welcome } from '../support/upstream-steps.ts';

const AUTH_QUERY = {
  role: 'lookup',
  password: undefined,
  database: 'control',
  query: undefined,
  superusers: false,
  replicationRoles: false,
};
const HOME = '192.0.2.1/32';
const METHODS = new Set(['scram-sha-256', 'none'] as const);
const lookups = lookupScript((name) => (name === 'nobody' ? [] : [{ ...GOOD_ROW, rolname: name }]));

t.test(
  'Keys log in for as long as the upstream’s salt and count stay; then the log says the mend.',
  async (t) => {
    const keys = {
      salt: verifier.salt,
      iterations: 4096,
      clientKey: Buffer.alloc(32),
      serverKey: Buffer.alloc(32),
    };
    const role = aRole('app', verifier, { upstream: { role: 'app_1', login: { keys: new Secret(keys) } } });
    const found = await new Verifiers(dial, () => 0).find(aBranch('br', { roles: [role] }), 'app', HOME);
    t.match(found, { upstreamRole: 'app_1', upstreamPassword: undefined });
    t.match(await found.upstreamKeys?.keysFor(verifier.salt, 4096), keys);
    t.equal(await found.upstreamKeys?.keysFor(verifier.salt, 4097), undefined);
    t.equal(await found.upstreamKeys?.keysFor(Buffer.alloc(16), 4096), undefined);
    t.match(
      found.upstreamKeys?.unfit,
      /^the upstream's salt for role "app" changed .*: run roles set-upstream again$/,
    );
  },
);

t.test('A branch’s roles are found as the catalog has them, without asking anyone.', async (t) => {
  const verifiers = new Verifiers(dial, () => 0);
  const password = new Secret('its own');
  const roles = [
    aRole('app', verifier),
    aRole('old', undefined),
    aRole('mapped', verifier, { upstream: { role: 'app_1', login: { password } }, connectionLimit: 3 }),
  ];
  const branch = aBranch('br', { roles });
  t.match(await verifiers.find(branch, 'app', HOME), {
    verifier,
    why: undefined,
    upstreamRole: 'app',
    upstreamKeys: undefined,
  });
  t.match(await verifiers.find(branch, 'old', HOME), {
    verifier: undefined,
    why: 'role is not permitted to log in',
  });
  const mapped = await verifiers.find(branch, 'mapped', HOME);
  t.match(mapped, { upstreamRole: 'app_1', upstreamPassword: password, connectionLimit: 3 });
  const keys = await mapped.upstreamKeys?.keysFor(verifier.salt, 4096);
  t.ok(keys && formatVerifier(verifierOf(keys, verifier.salt, 4096)) !== formatVerifier(verifier));
  t.match(await verifiers.find(branch, 'nobody', HOME), {
    verifier: undefined,
    why: 'no such role',
    held: false,
  });
  const another = await verifiers.find(branch, 'somebody', HOME);
  t.equal(another, await verifiers.find(branch, 'nobody', HOME), 'nothing is made for a name nobody knows');
  for (const name of ['app', 'nobody']) (await verifiers.find(branch, name, HOME)).proven();
  t.equal(
    (await verifiers.find(branch, 'mapped', HOME)).upstreamKeys,
    mapped.upstreamKeys,
    'PBKDF2 is done once',
  );
});

async function upstreamAndBranch(roles: Branch['roles'] = []): Promise<[ScriptedUpstream, Branch]> {
  const upstream = await ScriptedUpstream.open({ scripts: [lookups] });
  const { host, port } = upstream;
  const target = anUpstream({ host, port, sslmode: 'disable', requireAuth: METHODS });
  return [upstream, aBranch('br', { roles, upstream: target, authQuery: AUTH_QUERY })];
}

t.test('Others are looked up in the upstream, the catalog’s first.', async (t) => {
  const [upstream, branch] = await upstreamAndBranch([aRole('old', undefined)]);
  const verifiers = new Verifiers(dial, () => 0);
  t.match(await verifiers.find(branch, 'old', HOME), { verifier: undefined });
  t.equal(upstream.conversations.length, 0);
  const app = await verifiers.find(branch, 'app', HOME);
  t.match(app, { upstreamRole: 'app', why: undefined, upstreamPassword: undefined });
  t.equal(app.verifier && formatVerifier(app.verifier), GOOD_ROW.rolpassword);
  app.proven();
  t.match(await verifiers.find(branch, 'nobody', HOME), { verifier: undefined, why: 'no such role' });
  t.equal(upstream.conversations.length, 1);
  verifiers.retain([]);
  await upstream.deserted();
  t.equal(upstream.connections, 0);
  upstream.close();
});

t.test('A branch that stays keeps its connections; one that is gone, or edited, loses them.', async (t) => {
  const [upstream, branch] = await upstreamAndBranch();
  const verifiers = new Verifiers(dial, () => 0);
  await verifiers.find(branch, 'app', HOME);
  verifiers.retain([branch]);
  await verifiers.find(branch, 'app2', HOME);
  t.equal(upstream.conversations.length, 1);
  verifiers.retain([structuredClone(branch)]);
  await verifiers.find(structuredClone(branch), 'app3', HOME);
  t.equal(upstream.conversations.length, 1, 'read again, it is the same branch');
  verifiers.retain([{ ...branch, authQuery: { ...AUTH_QUERY, superusers: true } }]);
  await upstream.deserted();
  t.equal(upstream.connections, 0);
  await verifiers.find(branch, 'app', HOME);
  t.equal(upstream.conversations.length, 2, 'a login that began with the old catalog is still served');
  verifiers.retain([]);
  await upstream.deserted();
  upstream.close();
});

t.test(
  'A role that only the upstream knows logs in, with nothing of the client’s in our own connection.',
  async (t) => {
    await using scene = await Scene.open({
      upstream: { scripts: [lookups, [expect('startup'), scram(verifier), send(welcome()), echo]] },
      branch: { roles: [], authQuery: AUTH_QUERY },
      target: { requireAuth: METHODS },
    });
    const hostile = {
      search_path: 'evil',
      options: '-c search_path=evil',
      application_name: 'evil',
      database: 'shop',
    };
    const { greeting } = await scene.session({ parameters: hostile });
    t.equal(greeting.letters, 'RSKZ');
    const [ours, theirs] = scene.upstream.conversations.map(({ startup }) =>
      [...(startup?.parameters.settings() ?? [])]
        .map(([name, value]) => `${name}=${value.toString()}`)
        .join('\n'),
    );
    t.notMatch(ours, /evil|shop/);
    t.match(ours, /user=lookup/);
    t.match(theirs, /search_path=evil/);
  },
);

t.test(
  'A role that the upstream does not know is a wrong password, whatever comes before or behind.',
  async (t) => {
    await using scene = await Scene.open({
      upstream: { scripts: [lookups] },
      branch: { roles: [], authQuery: AUTH_QUERY },
      target: { requireAuth: METHODS },
    });
    for (const wish of [{ user: 'nobody' }, { user: 'app', password: 'wrong' }, { user: 'x'.repeat(64) }]) {
      const client = await scene.tlsClient();
      sendStartup(client, wish);
      await answerSasl(client, wish);
      t.match(await client.refusal(), {
        sqlstate: '28P01',
        message: `password authentication failed for user "${wish.user}"`,
      });
    }
    t.equal(scene.upstream.conversations.length, 1);
  },
);

t.test('What the upstream says of our own connection is not for a stranger’s eyes.', async (t) => {
  const error = Buffer.from('E\0\0\0\x2cSFATAL\0VFATAL\0C53300\0Msecret state\0\0', 'latin1');
  error.writeInt32BE(error.length - 1, 1);
  await using scene = await Scene.open({
    script: [expect('startup'), send(error)],
    branch: { roles: [], authQuery: AUTH_QUERY },
  });
  const client = await scene.tlsClient();
  sendStartup(client);
  client.send(saslInitialResponse('SCRAM-SHA-256', Buffer.from(`n,,n=,r=${NONCE}`)));
  t.match(await client.refusal(), {
    sqlstate: '57P03',
    message: 'upstream is not reachable, try again later',
  });
  t.notMatch(client.inbox.all.toString('latin1'), /secret|53300/);
  t.match(await scene.record(), { reason: 'upstream-unreachable', detail: /53300: secret state/ });
});
