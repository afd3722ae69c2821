import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { answerSasl, login, sendStartup } from '../support/client-login.ts';
import { cancelRequest, query } from '../support/frontend-messages.ts';
import { makeGatewayFolder, writeCatalog } from '../support/gateway.ts';
import { portcullis } from '../support/portcullis.ts';
import { processesLeftIn } from '../support/processes.ts';
import { RawClient } from '../support/raw-client.ts';
import { recordsIn } from '../support/trail-records.ts';
import { app, projectsFor, until, WorkersScene } from '../support/workers.ts';

const SESSIONS = 24;

/** Names under which sessions are listed. */
async function listed(dir: string): Promise<string[]> {
  const { stdout } = await portcullis(['sessions', 'list', '--dir', dir, '-o', 'json']);
  const parsed = JSON.parse(stdout) as { application_name: string }[];
  return parsed.map(({ application_name }) => application_name).sort();
}

t.test('Sessions of all workers are listed, counted and killed as those of one.', async (t) => {
  const scene = await WorkersScene.open(t);
  const { dir, adminPort } = scene.gateway;
  t.equal(scene.workers.length, 2);
  const sessions = await scene.sessions(SESSIONS);
  t.equal((await listed(dir)).length, SESSIONS);
  const metrics = async (): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  t.match(await metrics(), new RegExp(`^portcullis_live_sessions ${SESSIONS}$`, 'm'));
  const killed = await portcullis(['sessions', 'kill', '--dir', dir, '--all', '-o', 'json']);
  t.equal(killed.status, 0, killed.stderr);
  for (const { client } of sessions) t.match(await client.refusal(), { sqlstate: '57P01' });
  await until(
    'their ends',
    () => scene.gateway.log().filter(({ reason }) => reason === 'killed').length === SESSIONS,
  );
  t.match(
    await metrics(),
    new RegExp(`^portcullis_connections_total\\{.*reason="killed".*\\} ${SESSIONS}$`, 'm'),
  );
});

t.test('Limits of a role and of an address hold over all workers together.', async (t) => {
  const scene = await WorkersScene.open(
    t,
    { limits: { connections_per_address: 12 } },
    { connection_limit: 5 },
  );
  const tries = await Promise.allSettled(Array.from({ length: 10 }, () => scene.session()));
  const refused = tries.flatMap((each) => (each.status === 'rejected' ? [String(each.reason)] : []));
  t.equal(tries.length - refused.length, 5);
  t.ok(
    refused.every((why) => /too many connections for role "app"/.test(why)),
    `${refused[0]}`,
  );
  for (const each of tries) if (each.status === 'fulfilled') each.value.client.destroy();
  await until('free places', async () => (await listed(scene.gateway.dir)).length === 0);
  await scene.sessions(5);
  const others = await Promise.all(Array.from({ length: 9 }, () => scene.client()));
  const words = others.map(async (client) => {
    sendStartup(client);
    const { type } = await client.readFrame();
    return String.fromCharCode(type);
  });
  t.equal(
    (await Promise.all(words)).filter((letter) => letter === 'E').length,
    2,
    'two of fourteen are too many',
  );
});

t.test('Wrong passwords are counted together, whichever worker hears them.', async (t) => {
  const scene = await WorkersScene.open(t, { limits: { failed_logins: { attempts: 4 } } });
  const told: string[] = [];
  for (let n = 0; n < 8; n += 1) {
    const client = await scene.client();
    sendStartup(client);
    try {
      await answerSasl(client, { password: `guess ${n}` });
      told.push(`${(await client.refusal()).sqlstate}`);
    } catch {
      told.push('locked out');
    }
    client.destroy();
  }
  t.strictSame(told, [...Array(4).fill('28P01'), ...Array(4).fill('locked out')]);
  await t.rejects(scene.session(), /too many failed logins/);
  const lockouts = await portcullis(['lockouts', 'list', '--dir', scene.gateway.dir, '-o', 'json']);
  t.match(JSON.parse(lockouts.stdout), [{ failures: 4 }]);
});

t.test('A CancelRequest finds its session at whichever worker it arrives.', async (t) => {
  const scene = await WorkersScene.open(t, { limits: { failed_logins: { attempts: 3 } } });
  const sessions = await scene.sessions(SESSIONS);
  for (const { greeting } of sessions) {
    const client = await RawClient.connect(scene.gateway.port);
    client.send(cancelRequest(greeting.pid, greeting.key));
    await client.closed();
  }
  t.equal(scene.upstream.cancels.length, SESSIONS);
  for (let n = 0; n < 3; n += 1) {
    const guess = await RawClient.connect(scene.gateway.port);
    guess.send(cancelRequest(4711, Buffer.from([9, 9, 9, n])));
    await guess.closed();
  }
  const [{ greeting }] = sessions as [(typeof sessions)[0]];
  const client = await RawClient.connect(scene.gateway.port);
  client.send(cancelRequest(greeting.pid, greeting.key));
  await client.closed();
  t.equal(scene.upstream.cancels.length, SESSIONS, 'after three guesses the address cancels nothing');
  const reasons = (): unknown[] => scene.gateway.log().map(({ reason }) => reason);
  await until('the log', () => reasons().includes('locked-out'));
  t.equal(reasons().filter((reason) => reason === 'cancel-key').length, 3, 'each is counted once');
});

t.test('A change of the catalog cuts at all workers, and all log in by the new one.', async (t) => {
  const scene = await WorkersScene.open(t);
  const sessions = await scene.sessions(SESSIONS);
  await writeCatalog(scene.gateway.dir, projectsFor(scene.upstream, { allowed_ips: { ips: ['127.0.0.2'] } }));
  for (const { client } of sessions)
    t.match(await client.refusal(), { sqlstate: '57P01', message: /this IP address is no longer allowed/ });
  for (let n = 0; n < 8; n += 1) await t.rejects(scene.session(), /not allowed to connect/);
  const friend = await scene.client('127.0.0.2');
  await login(friend);
  await writeCatalog(
    scene.gateway.dir,
    projectsFor(scene.upstream, { roles: [{ ...app, upstream: { role: 'x' } }] }),
  );
  t.match(await friend.refusal(), { message: /role was changed/ });
});

t.test('Those who were let in at any worker are on record, from beginning to end.', async (t) => {
  const scene = await WorkersScene.open(t);
  const sessions = await scene.sessions(SESSIONS);
  for (const { client } of sessions) {
    client.send(query('select 1'));
    for (const letter of 'TDCZ') await client.expect(letter);
    client.destroy();
  }
  await scene.gateway.child.leave();
  const text = await readFile(join(scene.gateway.dir, 'portcullis.yaml'), 'utf8');
  t.match(JSON.parse(text), { workers: 2 });
  const records = await recordsIn(join(scene.gateway.dir, 'var/audit'));
  const of = (activity: number): number =>
    records.filter(({ class_uid, activity_id }) => class_uid === 3002 && activity_id === activity).length;
  t.strictSame([of(1), of(2)], [SESSIONS, SESSIONS]);
  t.equal((await portcullis(['audit', 'verify', '--dir', scene.gateway.dir])).status, 0);
});

t.test('What keeps workers from beginning is told in one line, and none is left.', async (t) => {
  const scene = await WorkersScene.open(t);
  const listen = [{ address: `127.0.0.1:${scene.gateway.port}` }];
  const config = { workers: 2, listen };
  const dir = await makeGatewayFolder(t, { projects: projectsFor(scene.upstream), config });
  const { status, stderr } = await portcullis(['start', '--dir', dir]);
  t.equal(status, 1);
  const said = stderr.split('\n').filter((line) => !line.startsWith('{'));
  t.match(said, [/^portcullis: cannot listen on 127\.0\.0\.1:\d+: the address is in use: /, '']);
  t.strictSame(await processesLeftIn(dir), []);
});
