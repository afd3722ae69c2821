import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { formatVerifier } from '../../src/scram/verifier.ts';
import { answerSasl, login, sendStartup } from '../support/client-login.ts';
import { type RunningGateway, startGateway, startIn, writeCatalog } from '../support/gateway.ts';
import { portcullis } from '../support/portcullis.ts';
import { RawClient } from '../support/raw-client.ts';
import { verifier } from '../support/scene.ts';
import { ScriptedUpstream } from '../support/scripted-upstream.ts';
import { kindsOf, recordsIn, type TrailRecord } from '../support/trail-records.ts';
import { goodScript } from '../support/upstream-steps.ts';

const OPEN = '4001.1';
const CLOSE = '4001.2';
const LOGON = '3002.1';
const LOGOFF = '3002.2';
const CONNECT = '6005.3';
const PATIENCE_MS = 10_000;

const upstream = await ScriptedUpstream.open({ scripts: [goodScript(verifier)] });
t.teardown(() => upstream.close());

const app = { name: 'app', verifier: formatVerifier(verifier) };

function projects(ips?: readonly string[], roles: readonly object[] = [app]): object[] {
  const branch = {
    id: 'br-main',
    name: 'main',
    default: true,
    endpoints: [{ id: 'ep-main' }],
    upstream: { host: upstream.host, port: upstream.port, sslmode: 'disable' },
    roles,
    ...(ips !== undefined && { allowed_ips: { ips } }),
  };
  return [{ id: 'shop', branches: [branch] }];
}

async function connect({ port }: RunningGateway, from?: string): Promise<RawClient> {
  const client = await RawClient.connect(port, from);
  t.teardown(() => client.destroy());
  return client.requestTls();
}

async function trailOf(gateway: RunningGateway): Promise<TrailRecord[]> {
  return await recordsIn(join(gateway.dir, 'var/audit'));
}

/** The records once there is one that fits. */
async function until(
  gateway: RunningGateway,
  what: string,
  fits: (record: TrailRecord) => boolean,
): Promise<TrailRecord[]> {
  for (let waited = 0; waited < PATIENCE_MS; waited += 20) {
    const records = await trailOf(gateway);
    if (records.some(fits)) return records;
    await setTimeout(20);
  }
  throw new Error(`${what} is not on record: ${kindsOf(await trailOf(gateway)).join(' ')}`);
}

const of = (kind: string) => (record: TrailRecord) => kindsOf([record])[0] === kind;

t.test('A session is on record from its first moment to its last, and so is the gateway.', async (t) => {
  const gateway = await startGateway(t, { projects: projects() });
  const client = await connect(gateway);
  await login(client, { parameters: { application_name: 'tests' } });
  const begun = (await trailOf(gateway)).filter(({ class_uid }) => [4001, 3002, 6005].includes(class_uid));
  t.strictSame(kindsOf(begun), [OPEN, LOGON, CONNECT], 'before the client reads that it is let in');
  t.equal(new Set(begun.map(({ metadata }) => metadata.correlation_uid)).size, 1);
  t.match(begun[1], {
    status: 'Success',
    user: { name: 'app' },
    src_endpoint: { ip: '127.0.0.1' },
    auth_protocol: /^SCRAM-SHA-256/,
    unmapped: { portcullis: { branch: 'br-main', application_name: 'tests' } },
  });
  client.destroy();
  await until(gateway, 'the end', of(CLOSE));
  const { status } = await gateway.child.leave();
  t.equal(status, 0);
  const records = await trailOf(gateway);
  t.ok(kindsOf(records).includes(LOGOFF));
  t.strictSame(
    records.map(({ metadata }) => metadata.sequence),
    records.map((_, index) => index + 1),
  );
  t.equal(kindsOf(records)[0], '6002.3', 'it starts');
  t.equal(kindsOf(records).at(-1), '6002.4', 'and stops');
  const verdict = await portcullis(['audit', 'verify', '--dir', gateway.dir]);
  t.equal(verdict.status, 0, verdict.stderr);
});

t.test('Refusals are on record, with who and why.', async (t) => {
  const gateway = await startGateway(t, { projects: projects(['127.0.0.1']) });
  const wrong = await connect(gateway);
  sendStartup(wrong);
  await answerSasl(wrong, { password: 'wrong' });
  t.match(await wrong.refusal(), { sqlstate: '28P01' });
  const stranger = await connect(gateway, '127.0.0.9');
  sendStartup(stranger);
  await stranger.refusal();
  const records = await until(gateway, 'the stranger', of('4001.5'));
  t.match(records.find(of('4001.5')), {
    src_endpoint: { ip: '127.0.0.9' },
    status_code: 'address',
  });
  t.match(records.find(of(LOGON)), {
    status: 'Failure',
    user: { name: 'app' },
    src_endpoint: { ip: '127.0.0.1' },
  });
});

t.test('A change of the catalog is on record, also one that was made while no gateway ran.', async (t) => {
  const first = await startGateway(t, { projects: projects(['127.0.0.1']) });
  await writeCatalog(first.dir, projects(['127.0.0.1', '127.0.0.2']));
  await until(
    first,
    'the new entry',
    (record) => of('3004.3')(record) && JSON.stringify(record).includes('127.0.0.2'),
  );
  await first.child.leave();
  await writeCatalog(
    first.dir,
    projects(['127.0.0.1', '127.0.0.2'], [app, { name: 'ghost', no_login: true }]),
  );
  const before = (await trailOf(first)).length;
  const second = await startIn(t, first.dir);
  const records = (await trailOf(second)).slice(before);
  t.match(
    records.find(({ class_uid }) => class_uid === 3001),
    { user: { name: 'ghost' } },
  );
  await second.child.leave();
});
