import t from 'tap';
import { allowlistFrom } from '../../src/allowlist/entries.ts';
import type { UpstreamTarget } from '../../src/catalog/model.ts';
import { memoryStore } from '../../src/counters/memory-store.ts';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { createThrottle } from '../../src/throttle/throttle.ts';
import { aBranch, aProject } from '../catalog/a-catalog.ts';
import { GOOD_ROW } from '../support/auth-query-rows.ts';
import { login } from '../support/client-login.ts';
import { cancelRequest } from '../support/frontend-messages.ts';
import { lookupScript } from '../support/lookup-script.ts';
import { Scene, verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { goodScript, type Script } from '../support/upstream-steps.ts';
import {
  enter,
  neighbours,
  refusedEntry,
  THEIR_DATABASE,
  THEIRS,
  theirVerifier,
  turnedAway,
} from './segmentation-scene.ts';

/** From one branch into another: what a member of one tries on its neighbour, over real sockets. */

const OURS = 'ep-main.example.com';
const BANK = 'ep-bank.example.com';

/** What the upstream was asked for by the n-th session. */
function asked(scene: Scene, n: number): Readonly<Record<string, string>> {
  const settings = scene.upstream.conversation(n).startup?.parameters.settings() ?? [];
  return Object.fromEntries([...settings].map(([name, value]) => [name, value.toString()]));
}

t.test(
  'SNI of one branch with options of another is refused before any credential is looked at.',
  async (t) => {
    await using scene = await Scene.open({ projects: neighbours() });
    const differ = '28000 endpoint in SNI and in options differ';
    for (const options of [
      'endpoint=ep-bank',
      '-c endpoint=ep-bank',
      'endpoint=EP-BANK -c x.y=1',
      'endpoint=ep-none',
    ])
      t.equal(await turnedAway(scene, { servername: OURS, parameters: { options } }), differ, options);
    t.equal(
      await turnedAway(scene, { servername: BANK, parameters: { options: 'endpoint=ep-main' } }),
      differ,
    );
    const both = 'endpoint=ep-main endpoint=ep-bank';
    t.equal(await turnedAway(scene, { servername: 'localhost', parameters: { options: both } }), differ);
    t.equal(scene.upstream.conversations.length, 0, 'the upstream heard nothing of it');
  },
);

t.test('A password opens its own branch, and not the neighbour’s role of the same name.', async (t) => {
  await using scene = await Scene.open({ projects: neighbours() });
  const wrong = '28P01 password authentication failed for user "app"';
  await enter(scene, { servername: OURS });
  await enter(scene, { servername: BANK, password: THEIRS, parameters: { database: 'bank' } });
  // Right after each was let in, so that nothing remembered of one could serve for the other.
  t.equal(await refusedEntry(scene, { servername: BANK }), wrong);
  t.equal(await refusedEntry(scene, { servername: OURS, password: THEIRS }), wrong);
  t.equal(scene.upstream.conversations.length, 2);
});

t.test('A database that the neighbour owns does not exist, under any spelling.', async (t) => {
  await using scene = await Scene.open({ projects: neighbours() });
  const spellings = [THEIR_DATABASE, `${THEIR_DATABASE}`.padEnd(64, 'x')];
  for (const database of spellings) {
    const answer = await refusedEntry(scene, { servername: OURS, parameters: { database } });
    t.equal(answer, `3D000 database "${database}" does not exist`);
  }
  // Nor its neighbour's other databases to the bank itself.
  for (const database of [THEIR_DATABASE, 'postgres', 'app', 'Bank']) {
    const call = { servername: BANK, password: THEIRS, parameters: { database } };
    t.equal(await refusedEntry(scene, call), `3D000 database "${database}" does not exist`);
  }
  t.equal(scene.upstream.conversations.length, 0, 'the upstream heard nothing of it');
  await enter(scene, { servername: OURS, parameters: { database: 'other' } });
  t.match(asked(scene, 0), { database: 'other' });
});

t.test('An empty or absent database is the user’s name, which may be the neighbour’s.', async (t) => {
  const roles = [{ name: THEIR_DATABASE, verifier, upstream: { role: 'app', login: undefined } }];
  const ours = {
    roles: roles.map((role) => ({ ...role, verifierUnrated: false, connectionLimit: undefined })),
  };
  await using scene = await Scene.open({ projects: neighbours(ours) });
  const unknown = `3D000 database "${THEIR_DATABASE}" does not exist`;
  t.equal(await refusedEntry(scene, { user: THEIR_DATABASE }), unknown);
  t.equal(await refusedEntry(scene, { user: THEIR_DATABASE, parameters: { database: '' } }), unknown);
  await enter(scene, { user: THEIR_DATABASE, parameters: { database: 'app' } });
  t.match(asked(scene, 0), { user: 'app', database: 'app' });
});

t.test(
  'A WAL stream, which carries the neighbours’ data too, is refused however it is spelled.',
  async (t) => {
    await using scene = await Scene.open({ projects: neighbours() });
    for (const replication of ['true', 'TRUE', 'database', 'on', '1', 'yes', 't', ''])
      t.equal(
        await refusedEntry(scene, { parameters: { replication } }),
        '28000 replication is not allowed on this branch',
        `replication=${replication}`,
      );
    t.equal(scene.upstream.conversations.length, 0);
  },
);

t.test(
  'Options that change role or database reach PostgreSQL as they are, whose rights decide.',
  async (t) => {
    await using scene = await Scene.open({ projects: neighbours() });
    const options = '-c role=bank_owner -c session_authorization=bank_owner --search_path=bank';
    await enter(scene, {
      servername: OURS,
      parameters: { options: `${options} endpoint=ep-main`, role: 'bank_owner' },
    });
    // As the role that was proved, in the database that was allowed: what follows is SET, with that role's rights.
    t.match(asked(scene, 0), { user: 'app', database: 'app', role: 'bank_owner', options });
    t.notOk(asked(scene, 0)['options']?.includes('endpoint'));
  },
);

t.test('A resumed TLS session of one branch opens no other: none is resumed.', async (t) => {
  await using scene = await Scene.open({ projects: neighbours() });
  const first = await scene.tlsClient({ servername: OURS, maxVersion: 'TLSv1.2' });
  const session = first.secured.getSession();
  if (session === undefined) throw new Error('no TLS session to resume');
  await login(first);
  const second = await scene.tlsClient({ servername: BANK, maxVersion: 'TLSv1.2', session });
  t.equal(second.secured.isSessionReused(), false);
  await login(second, { password: THEIRS, parameters: { database: 'bank' } });
  t.match(asked(scene, 1), { database: THEIR_DATABASE });
});

t.test('A cancel key is good for its own session, and from where its own branch admits.', async (t) => {
  const elsewhere = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
  t.teardown(() => elsewhere.close());
  await using scene = await Scene.open({
    projects: (main) => {
      const upstream: UpstreamTarget = { ...main.upstream, port: elsewhere.port };
      const bank = { ...main, id: 'br-bank', endpoints: ['ep-bank'], upstream, allowedIps: ['127.0.0.1'] };
      return [aProject('shop', [main]), aProject('bank', [bank])];
    },
  });
  const ours = await scene.tlsClient({ servername: OURS });
  const theirs = await scene.tlsClient({ servername: BANK });
  const mine = await login(ours);
  const { pid, key } = await login(theirs);
  t.equal(mine.pid, pid, 'both upstreams gave the same pid');
  const cancel = async (from: string, secret: Buffer): Promise<void> => {
    const client = await scene.tlsClient({ servername: OURS, from });
    client.send(cancelRequest(pid, secret));
    t.equal((await client.closed()).length, 0);
  };
  await cancel('127.0.0.2', key);
  t.same([scene.upstream.cancels.length, elsewhere.cancels.length], [0, 0], 'their branch does not admit us');
  await cancel('127.0.0.2', mine.key);
  t.same([scene.upstream.cancels.length, elsewhere.cancels.length], [1, 0], 'our key is ours alone');
  await cancel('127.0.0.1', key);
  t.same([scene.upstream.cancels.length, elsewhere.cancels.length], [1, 1]);
  theirs.destroy();
  await elsewhere.deserted();
  t.equal(elsewhere.connections, 0);
});

t.test('What is remembered of a role on one branch counts for no other: a verifier looked up.', async (t) => {
  const holds = (text: string): Script =>
    lookupScript((name) => [{ ...GOOD_ROW, rolname: name, rolpassword: text }]);
  const bankUpstream = await ScriptedUpstream.open({ scripts: [holds(formatVerifier(theirVerifier))] });
  t.teardown(() => bankUpstream.close());
  const authQuery = {
    role: 'lookup',
    password: undefined,
    database: 'postgres',
    query: undefined,
    superusers: false,
    replicationRoles: false,
  };
  await using scene = await Scene.open({
    upstream: { scripts: [holds(formatVerifier(verifier)), goodScript(verifier)] },
    target: { requireAuth: new Set(['scram-sha-256', 'none']) },
    branch: { roles: [], authQuery },
    projects: (main) => {
      const upstream = { ...main.upstream, port: bankUpstream.port };
      const bank = aBranch('br-bank', { endpoints: ['ep-bank'], upstream, authQuery });
      return [aProject('shop', [main]), aProject('bank', [bank])];
    },
  });
  const wrong = '28P01 password authentication failed for user "app"';
  await enter(scene, { servername: OURS });
  t.equal(await refusedEntry(scene, { servername: BANK }), wrong, 'our password on their branch');
  t.equal(await refusedEntry(scene, { servername: OURS, password: THEIRS }), wrong, 'their password on ours');
  t.equal(bankUpstream.conversations.length, 1, 'the bank was asked itself');
  scene.gate.verifiers.retain([]);
});

t.test('What is remembered of a role on one branch counts for no other: failed logins.', async (t) => {
  const limits = { attempts: 3, window: 60_000, block: 60_000, exempt: allowlistFrom([], 'tests') };
  const throttle = createThrottle(
    limits,
    memoryStore(() => performance.now()),
  );
  await using scene = await Scene.open({ projects: neighbours(), parts: { throttle } });
  const guess = { servername: BANK, password: 'a guess' };
  for (let n = 0; n < limits.attempts; n += 1) t.match(await refusedEntry(scene, guess), /^28P01 /);
  t.match(await turnedAway(scene, guess), /^28000 too many failed logins, try again in \d+ s$/);
  await enter(scene, { servername: OURS });
  t.equal(scene.upstream.conversations.length, 1, 'the same address and name on another branch is let in');
});
