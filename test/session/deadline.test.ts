import t from 'tap';
import { Secret } from '../../src/catalog/secret.ts';
import { clientHello } from '../support/client-hello.ts';
import { answerSasl, NONCE, sendStartup } from '../support/client-login.ts';
import {
  gssencRequest,
  query,
  saslInitialResponse,
  sslRequest,
  startupMessage,
} from '../support/frontend-messages.ts';
import type { ErrorSeen, RawClient } from '../support/raw-client.ts';
import { Scene, type SceneWish } from '../support/scene.ts';
import { close, expect, hang, notice, perform, type Script, send } from '../support/upstream-steps.ts';

/** In ms: enough for a login on a busy machine, and soon over. */
const DEADLINE = 700;

const TIMEOUT = {
  severity: 'FATAL',
  sqlstate: '57014',
  message: 'canceling authentication due to timeout',
};
const UNREACHABLE = {
  severity: 'FATAL',
  sqlstate: '57P03',
  message: 'upstream is not reachable, try again later',
};

type Stall = (scene: Scene) => Promise<RawClient>;

const plain =
  (...parts: Buffer[]): Stall =>
  async (scene) => {
    const client = await scene.client();
    client.send(...parts);
    return client;
  };

/** Where a client can stop before TLS; nothing is said to it then. */
const BEFORE_TLS: Readonly<Record<string, Stall>> = {
  'after accept': plain(),
  'in a header': plain(sslRequest.subarray(0, 3)),
  'in a StartupMessage': plain(startupMessage({ user: 'app' }).subarray(0, -1)),
  'after GSSENCRequest': plain(gssencRequest),
  'after SSLRequest': plain(sslRequest),
  'in direct TLS': async (scene) =>
    await plain((await clientHello(Buffer.from('ep-main.example'))).subarray(0, 90))(scene),
  'in TLS after SSLRequest': async (scene) => {
    const client = await plain(sslRequest)(scene);
    await client.inbox.read(1);
    client.send((await clientHello(Buffer.from('ep-main.example'))).subarray(0, 90));
    return client;
  },
};

/** And inside it. */
const INSIDE_TLS: Readonly<Record<string, Stall>> = {
  'before the StartupMessage': async (scene) => await scene.tlsClient(),
  'in the StartupMessage': async (scene) => {
    const client = await scene.tlsClient();
    client.send(startupMessage({ user: 'app' }).subarray(0, 9));
    return client;
  },
  'a byte at a time': async (scene) => {
    const client = await scene.tlsClient();
    const startup = startupMessage({ user: 'app', application_name: 'x'.repeat(9000) });
    let at = 0;
    const timer = setInterval(() => client.send(startup.subarray(at, ++at)), 10);
    client.socket.once('close', () => clearInterval(timer));
    return client;
  },
  'before SASLInitialResponse': async (scene) => {
    const client = await scene.tlsClient();
    sendStartup(client);
    return client;
  },
  'in SASLInitialResponse': async (scene) => {
    const client = await scene.tlsClient();
    sendStartup(client);
    client.send(saslInitialResponse('SCRAM-SHA-256', Buffer.from('n,,n=,r=abc')).subarray(0, 20));
    return client;
  },
  'before SASLResponse': async (scene) => {
    const client = await scene.tlsClient();
    sendStartup(client);
    client.send(saslInitialResponse('SCRAM-SHA-256', Buffer.from(`n,,n=,r=${NONCE}`)));
    return client;
  },
};

t.test('A client that stalls is let go at the deadline, and delays nobody.', async (t) => {
  await using scene = await Scene.open({ handshakeTimeout: DEADLINE });
  const { client: lively } = await scene.session();
  const silent = await Promise.all(Object.values(BEFORE_TLS).map((stall) => stall(scene)));
  const told = await Promise.all(Object.values(INSIDE_TLS).map((stall) => stall(scene)));
  lively.send(query('select 1'));
  await lively.expect('T');
  t.equal(scene.gate.journal.records.length, 0, 'another is served while they stall');
  const ends = await Promise.all(silent.map((client) => client.closed()));
  t.strictSame(
    ends.map((said) => said.toString()),
    ['', '', '', 'N', 'S', '', ''],
  );
  const names = Object.keys(INSIDE_TLS);
  for (const [index, client] of told.entries()) {
    t.strictSame(await client.refusal(), TIMEOUT, `${names[index]}`);
  }
  await scene.record(silent.length + told.length - 1);
  t.ok(
    scene.gate.journal.records.every(({ outcome, reason }) => `${outcome} ${reason}` === 'refused timeout'),
  );
  lively.send(query('select 2'));
  for (const letter of 'DCZTDCZ') await lively.expect(letter);
  t.pass('the deadline is over once a client is let in');
});

/** Upstreams that keep us waiting, each at another step of its login. */
const SLOW: Readonly<Record<string, Script>> = {
  'before it reads': [hang],
  'after the StartupMessage': [expect('startup'), hang],
  'with notices without end': [
    expect('startup'),
    perform(async (conversation) => {
      for (let n = 0; n < 60; n += 1) conversation.send(notice(`${n}`));
    }),
    hang,
  ],
  'in the middle of a message': [expect('startup'), send(Buffer.from('R\0\0\0')), hang],
};

async function spentOn(wish: SceneWish, andThen: () => void = () => {}): Promise<ErrorSeen> {
  await using scene = await Scene.open({ ...wish, handshakeTimeout: DEADLINE / 2 });
  const client = await scene.tlsClient();
  sendStartup(client);
  if (wish.branch === undefined) await answerSasl(client);
  else client.send(saslInitialResponse('SCRAM-SHA-256', Buffer.from(`n,,n=,r=${NONCE}`)));
  const error = await client.refusal();
  const { outcome, reason, detail } = await scene.record();
  if (`${outcome} ${reason}` !== 'refused upstream-unreachable' || !/deadline/.test(detail ?? '')) {
    throw new Error(`${outcome} ${reason}: ${detail}`);
  }
  andThen();
  return error;
}

t.test('A deadline spent on the upstream’s login is 57P03.', async (t) => {
  const errors = await Promise.all(Object.values(SLOW).map((script) => spentOn({ script })));
  t.strictSame(
    errors,
    Object.keys(SLOW).map(() => UNREACHABLE),
  );
});

t.test('A deadline spent on the upstream’s TLS is 57P03, and so is one spent on a look-up.', async (t) => {
  const authQuery = {
    role: 'lookup',
    password: new Secret('x'),
    database: 'postgres',
    query: undefined,
    superusers: false,
    replicationRoles: false,
  };
  const target = { sslmode: 'require' } as const;
  const enough = Promise.withResolvers<void>();
  const errors = await Promise.all([
    spentOn({ target, script: [expect('ssl-request'), hang] }),
    spentOn({ target, script: [expect('ssl-request'), send(Buffer.from('S')), hang] }),
    // A question goes on without the one who asked, until it has its answer or has waited for 5 s.
    spentOn(
      { branch: { roles: [], authQuery }, script: [expect('startup'), perform(() => enough.promise), close] },
      enough.resolve,
    ),
  ]);
  t.strictSame(errors, [UNREACHABLE, UNREACHABLE, UNREACHABLE]);
});
