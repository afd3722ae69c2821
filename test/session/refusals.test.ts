import t from 'tap';
import { aBranch, aProject } from '../catalog/a-catalog.ts';
import { answerSasl, login, sendStartup } from '../support/client-login.ts';
import { message, query, startupMessage, terminate } from '../support/frontend-messages.ts';
import type { ErrorSeen } from '../support/raw-client.ts';
import { Scene, type SceneWish, verifier } from '../support/scene.ts';
import { answerTo, expect, fatal, hang, scram, send } from '../support/upstream-steps.ts';

/** The contract's table of refusals: what the client reads, byte for byte, and what the record says. */
interface Refused {
  readonly title: string;
  readonly scene?: SceneWish;
  readonly from?: string;
  readonly servername?: string;
  readonly parameters?: Record<string, string>;
  /** How far the client gets: up to its StartupMessage, or with a proof. */
  readonly proves?: boolean;
  readonly error: ErrorSeen;
  readonly record: Record<string, unknown>;
}

const fatal28000 = (text: string, hint?: string): ErrorSeen => ({
  severity: 'FATAL',
  sqlstate: '28000',
  message: text,
  ...(hint === undefined ? {} : { hint }),
});

const other = aProject('bank', [aBranch('br-bank', { isDefault: true, endpoints: ['ep-bank'] })]);

const REFUSED: readonly Refused[] = [
  {
    title: 'An address that is not on the allowlist',
    scene: { branch: { allowedIps: ['127.0.0.0/30'] } },
    from: '127.0.9.9',
    error: fatal28000(
      'This IP address 127.0.9.9 is not allowed to connect to this endpoint.',
      "Add it to the branch's allowlist; check both its IPv4 and its IPv6 form.",
    ),
    record: { reason: 'address', role: 'app', branch: 'br-main' },
  },
  {
    title: 'No endpoint named where there are two projects',
    scene: { projects: (main) => [aProject('shop', [main]), other] },
    error: fatal28000(
      'endpoint is not specified',
      'Name it in the host name (SNI), or in the connection string: options=endpoint%3D<endpoint id>.',
    ),
    record: { reason: 'no-endpoint' },
  },
  {
    title: 'SNI and options that disagree',
    servername: 'ep-main.example.com',
    parameters: { options: 'endpoint=ep-dev' },
    error: fatal28000('endpoint in SNI and in options differ'),
    record: { reason: 'endpoints-differ' },
  },
  {
    title: 'No user',
    parameters: { user: '' },
    error: fatal28000('no PostgreSQL user name specified in startup packet'),
    record: { reason: 'no-user' },
  },
  {
    title: 'Replication where the branch does not say so',
    parameters: { replication: 'database' },
    proves: true,
    error: fatal28000('replication is not allowed on this branch'),
    record: { reason: 'replication', role: 'app' },
  },
  {
    title: 'A database that the branch does not map',
    scene: { target: { database: new Map([['shop', 'shop_dev']]) } },
    parameters: { database: 'bank' },
    proves: true,
    error: { severity: 'FATAL', sqlstate: '3D000', message: 'database "bank" does not exist' },
    record: { reason: 'database', database: 'bank' },
  },
  {
    title: 'A user’s own name that is no database of the branch',
    scene: { target: { database: new Map([['shop', 'shop_dev']]) } },
    proves: true,
    error: { severity: 'FATAL', sqlstate: '3D000', message: 'database "app" does not exist' },
    record: { reason: 'database', database: 'app' },
  },
  {
    title: 'An upstream where nobody listens',
    scene: { target: { port: 1 } },
    proves: true,
    error: { severity: 'FATAL', sqlstate: '57P03', message: 'upstream is not reachable, try again later' },
    record: { reason: 'upstream-unreachable' },
  },
  {
    title: 'An upstream that refuses our login',
    scene: {
      script: [expect('startup'), send(fatal('28000', 'no pg_hba.conf entry for host "10.1.2.3"')), hang],
    },
    proves: true,
    error: fatal28000("upstream refused the gateway's login"),
    record: { reason: 'upstream-login', detail: '28000: no pg_hba.conf entry for host "10.1.2.3"' },
  },
];

for (const { title, scene: wish, from, servername, parameters = {}, proves, error, record } of REFUSED) {
  t.test(`${title} is refused with its own words.`, async (t) => {
    await using scene = await Scene.open(wish);
    const client = await scene.tlsClient({ ...(from && { from }), ...(servername && { servername }) });
    sendStartup(client, { parameters });
    if (proves === true) await answerSasl(client);
    t.strictSame(await client.refusal(), error);
    client.end();
    t.match(await scene.record(), { outcome: 'refused', kind: 'session', ...record });
    t.equal(scene.upstream.cancels.length, 0);
  });
}

t.test('A client in plain text is told to use TLS.', async (t) => {
  await using scene = await Scene.open();
  for (const minor of [0, 1, 2, 9999]) {
    const client = await scene.client();
    client.send(startupMessage({ user: 'app' }, minor));
    t.strictSame(
      await client.refusal(),
      fatal28000('connection is insecure (try using "sslmode=require")'),
      `3.${minor}`,
    );
  }
  t.match(await scene.record(), { outcome: 'refused', reason: 'no-tls', kind: 'unknown' });
});

t.test('A FATAL is not lost although the client has sent much that is not read.', async (t) => {
  await using scene = await Scene.open({ branch: { allowedIps: ['192.0.2.1'] } });
  const client = await scene.tlsClient();
  // More than the kernel takes back without a reset, if it is left unread at the close.
  client.send(startupMessage({ user: 'app' }), ...Array.from({ length: 40 }, () => query('x'.repeat(9000))));
  t.match(await client.refusal(), { sqlstate: '28000', message: /127\.0\.0\.1 is not allowed/ });
});

t.test('A defect of ours is XX000, without a stack, and is reported.', async (t) => {
  const broken = (): never => {
    throw new RangeError('the secret detail');
  };
  await using scene = await Scene.open({ parts: { catalog: broken }, defects: true });
  const client = await scene.tlsClient();
  sendStartup(client);
  t.strictSame(await client.refusal(), {
    severity: 'FATAL',
    sqlstate: 'XX000',
    message: 'internal error of the gateway',
  });
  t.notMatch(client.inbox.all.toString('latin1'), /secret|\.ts|Error/);
  t.match(await scene.record(), { outcome: 'refused', reason: 'internal' });
  t.match(scene.gate.journal.defects, [RangeError('the secret detail')]);
});

t.test('A client that says who it is gets in, and its queries are answered.', async (t) => {
  await using scene = await Scene.open({ branch: { allowedIps: ['127.0.0.1'] } });
  const client = await scene.tlsClient({ servername: 'ep-main.example.com' });
  const greeting = await login(client, { parameters: { database: 'shop', application_name: 'till' } });
  t.equal(greeting.letters, 'RSKZ');
  client.send(query('select 1'));
  const answer = answerTo('select 1');
  t.strictSame(await client.inbox.read(answer.length), answer);
  client.send(terminate);
  client.end();
  t.equal((await client.closed()).length, 0);
  t.match(await scene.record(), {
    kind: 'session',
    outcome: 'closed',
    reason: 'client-left',
    project: 'shop',
    branch: 'br-main',
    endpoint: 'ep-main',
    role: 'app',
    database: 'shop',
    applicationName: 'till',
    mechanism: 'SCRAM-SHA-256',
    tls: { version: 'TLSv1.3', servername: 'ep-main.example.com' },
    bytesFromClient: query('select 1').length + terminate.length,
    bytesFromUpstream: answer.length,
  });
});

t.test('What the upstream says of the session after it let us in passes byte for byte.', async (t) => {
  for (const error of [
    fatal('3D000', 'database "nowhere" does not exist'),
    fatal('53300', 'sorry, too many clients already'),
    fatal('28000', 'role "app" is not permitted to log in'),
    message('E', 'SFATAL\0VFATAL\0C57P03\0Mstarting up\0Fpostmaster.c\0L1\0\0'),
  ]) {
    const script = [
      expect('startup'),
      scram(verifier),
      send(Buffer.of(0x52, 0, 0, 0, 8, 0, 0, 0, 0), error),
      hang,
    ];
    await using scene = await Scene.open({ script });
    const client = await scene.tlsClient();
    sendStartup(client);
    await answerSasl(client);
    await client.expect('R');
    t.strictSame(await client.closed(), error);
    t.match(await scene.record(), { outcome: 'refused', reason: 'upstream-error' });
  }
});
