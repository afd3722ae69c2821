import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { makeVerifier } from '../../src/scram/verifier.ts';
import { aBranch, anUpstream, aProject } from '../catalog/a-catalog.ts';
import { answerSasl, type LoginWish, login, sendStartup } from '../support/client-login.ts';
import { aRole, Scene, type SceneWish, verifier } from '../support/scene.ts';
import { echo, expect, goodScript, scram, send, welcome } from '../support/upstream-steps.ts';

/** The parameters that the upstream got, once the client was let in. */
async function forwarded(wish: SceneWish, asked: LoginWish): Promise<Record<string, string>> {
  await using scene = await Scene.open(wish);
  await scene.session(asked);
  const settings = scene.upstream.conversation().startup?.parameters.settings() ?? [];
  return Object.fromEntries([...settings].map(([name, value]) => [name, value.toString()]));
}

async function refused(wish: SceneWish, asked: LoginWish): Promise<string> {
  await using scene = await Scene.open(wish);
  const client = await scene.tlsClient();
  sendStartup(client, asked);
  await answerSasl(client, asked);
  const { sqlstate, message } = await client.refusal();
  if (scene.upstream.conversations.length > 0) throw new Error('the upstream was asked');
  return `${sqlstate} ${message}`;
}

const mapped: SceneWish = {
  target: {
    database: new Map([
      ['app', 'app_dev'],
      ['shop', 'shop_dev'],
    ]),
  },
};

t.test('A mapped database is the upstream’s; an absent or empty one is the user’s name.', async (t) => {
  t.match(await forwarded(mapped, { parameters: { database: 'shop' } }), {
    user: 'app',
    database: 'shop_dev',
  });
  t.match(await forwarded(mapped, {}), { database: 'app_dev' });
  t.match(await forwarded(mapped, { parameters: { database: '' } }), { database: 'app_dev' });
  t.match(await forwarded({}, {}), { database: 'app' });
});

t.test(
  'A database that is not mapped does not exist, the upstream’s own name for one included.',
  async (t) => {
    for (const database of ['shop_dev', 'postgres', 'Shop', 'template1']) {
      const answer = await refused(mapped, { parameters: { database } });
      t.equal(answer, `3D000 database "${database}" does not exist`);
    }
  },
);

t.test('An unmapped branch reaches what no other branch of its cluster owns.', async (t) => {
  const wish = (database?: ReadonlyMap<string, string>): SceneWish => ({
    projects: (main) => {
      const { host, port } = main.upstream;
      const upstream = anUpstream({ host, port, database });
      return [aProject('shop', [main]), aProject('bank', [aBranch('br-bank', { upstream })])];
    },
  });
  const parameters = { options: 'endpoint=ep-main', database: 'ledger' };
  t.match(await forwarded(wish(), { parameters }), { database: 'ledger' });
  t.equal(
    await refused(wish(new Map([['x', 'ledger']])), { parameters }),
    '3D000 database "ledger" does not exist',
  );
  const long = 'x'.repeat(64);
  t.match(await refused({}, { parameters: { database: long } }), /^3D000 database "x{64}" does not exist$/);
});

t.test(
  'Every spelling that asks for replication is refused where the branch does not allow it.',
  async (t) => {
    for (const replication of ['true', 'on', '1', 'yes', 'database', 'T', 'DATABASE', '', 'o', 'maybe']) {
      const answer = await refused({}, { parameters: { replication } });
      t.equal(answer, '28000 replication is not allowed on this branch', replication);
    }
    for (const replication of ['false', 'off', '0', 'no', 'F']) {
      t.match(await forwarded({}, { parameters: { replication } }), { replication });
    }
    t.match(await forwarded({ branch: { replication: true } }, { parameters: { replication: 'database' } }), {
      replication: 'database',
    });
  },
);

t.test('Physical replication is in no database, so that no map of names can stand in its way.', async (t) => {
  const wish = { ...mapped, branch: { replication: true } };
  for (const replication of ['true', 'on', '1', 'yes']) {
    const packet = await forwarded(wish, { parameters: { replication, database: 'replication' } });
    t.equal(packet['replication'], replication);
    t.notOk('database' in packet);
  }
  const logical = { replication: 'database', database: 'postgres' };
  t.equal(await refused(wish, { parameters: logical }), '3D000 database "postgres" does not exist');
  t.match(await forwarded(wish, { parameters: { ...logical, database: 'shop' } }), { database: 'shop_dev' });
});

t.test('A startup packet that cannot take the database’s name any more is the client’s fault.', async (t) => {
  // Length, version, `user`, `app`, a name of one letter, and the NULs.
  const room = 10_000 - (8 + 9 + 2 + 1 + 1);
  const largest = (less: number): LoginWish => ({ parameters: { x: 'x'.repeat(room - less) } });
  t.equal(await refused({}, largest(0)), '08P01 startup packet has no room for the database name');
  t.match(await forwarded({}, largest('database_app_'.length)), { database: 'app' });
});

t.test('A role that the catalog gives another name and password upstream logs in with these.', async (t) => {
  const sealed = await makeVerifier('its own secret', Buffer.alloc(16, 3), 4096);
  const upstream = { role: 'app_dev_1', login: { password: new Secret('its own secret') } };
  const wish = {
    branch: { roles: [aRole('app', verifier, { upstream })] },
    script: [expect('startup'), scram(sealed), send(welcome()), echo],
  };
  t.match(await forwarded(wish, { parameters: { database: 'shop' } }), {
    user: 'app_dev_1',
    database: 'shop',
  });
});

t.test(
  'Passthrough fails where the upstream stores another verifier, and says so to us alone.',
  async (t) => {
    const elsewhere = await makeVerifier('open sesame', Buffer.alloc(16, 3), 4096);
    await using scene = await Scene.open({ script: goodScript(elsewhere) });
    const client = await scene.tlsClient();
    sendStartup(client);
    await answerSasl(client);
    t.match(await client.refusal(), { sqlstate: '28000', message: "upstream refused the gateway's login" });
    t.match(await scene.record(), { reason: 'upstream-login', detail: /another verifier/ });
  },
);

t.test('One branch’s role and endpoint open no other branch.', async (t) => {
  const theirs = await makeVerifier('their secret', Buffer.alloc(16, 5), 4096);
  await using scene = await Scene.open({
    projects: (main) => {
      const bank = { endpoints: ['ep-bank'], upstream: main.upstream, roles: [aRole('app', theirs)] };
      return [aProject('shop', [main]), aProject('bank', [aBranch('br-bank', bank)])];
    },
  });
  const wrong = await scene.tlsClient({ servername: 'ep-bank.example' });
  sendStartup(wrong);
  await answerSasl(wrong);
  t.match(await wrong.refusal(), { sqlstate: '28P01' });
  const right = await scene.tlsClient({ servername: 'ep-main.example' });
  t.equal((await login(right)).letters, 'RSKZ');
});
