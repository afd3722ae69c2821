import t from 'tap';
import { answerSasl, sendStartup } from '../support/client-login.ts';
import { header, message } from '../support/frontend-messages.ts';
import type { ErrorSeen } from '../support/raw-client.ts';
import { int32 } from '../support/result-rows.ts';
import { certificate, Scene, type SceneWish, verifier } from '../support/scene.ts';
import { testCertificate } from '../support/server-certificate.ts';
import {
  close,
  expect,
  fatal,
  hang,
  ok,
  reset,
  type Script,
  scram,
  send,
  tls,
  welcome,
} from '../support/upstream-steps.ts';

const UNREACHABLE = {
  severity: 'FATAL',
  sqlstate: '57P03',
  message: 'upstream is not reachable, try again later',
};
const LOGIN_REFUSED = {
  severity: 'FATAL',
  sqlstate: '28000',
  message: "upstream refused the gateway's login",
};
const SECRET = 'host 10.0.0.5 user app_internal';
const stranger = await testCertificate();
const S = send(Buffer.from('S'));
const secured: SceneWish['target'] = { sslmode: 'verify-full', sslrootcert: certificate.cert };

interface Case {
  readonly title: string;
  readonly script: Script;
  readonly target?: SceneWish['target'];
  readonly error: ErrorSeen;
  readonly detail: RegExp;
}

/** What an upstream may do while we log in: the client reads which kind of failure it was, and nothing else. */
const CASES: readonly Case[] = [
  {
    title: 'refuses TLS',
    target: secured,
    script: [expect('ssl-request'), send(Buffer.from('N')), hang],
    error: UNREACHABLE,
    detail: /does not speak TLS/,
  },
  {
    title: 'answers SSLRequest with an error',
    target: secured,
    script: [expect('ssl-request'), send(fatal('28000', SECRET)), hang],
    error: UNREACHABLE,
    detail: /neither S nor N/,
  },
  {
    title: 'sends bytes behind S',
    target: secured,
    script: [expect('ssl-request'), send(Buffer.from('S'), fatal('28000', SECRET)), hang],
    error: UNREACHABLE,
    detail: /bytes behind/,
  },
  {
    title: 'shows a stranger’s certificate',
    target: secured,
    script: [expect('ssl-request'), S, tls(stranger), hang],
    error: UNREACHABLE,
    detail: /self-signed certificate/,
  },
  { title: 'closes at once', script: [close], error: UNREACHABLE, detail: /connection closed/ },
  {
    title: 'resets behind the startup',
    script: [expect('startup'), reset],
    error: UNREACHABLE,
    detail: /ECONNRESET|closed/,
  },
  {
    title: 'closes behind our proof',
    script: [expect('startup'), scram(verifier), close],
    error: UNREACHABLE,
    detail: /connection closed/,
  },
  {
    title: 'closes behind AuthenticationOk',
    script: [expect('startup'), scram(verifier), send(ok), close],
    error: UNREACHABLE,
    detail: /connection closed/,
  },
  {
    title: 'sends an impossible length',
    script: [expect('startup'), send(header('R', 3)), hang],
    error: UNREACHABLE,
    detail: /invalid message length/,
  },
  {
    title: 'sends an error without SQLSTATE',
    script: [expect('startup'), send(message('E', `M${SECRET}\0\0`)), hang],
    error: UNREACHABLE,
    detail: /without SQLSTATE/,
  },
  {
    title: 'sends an error without its end',
    script: [expect('startup'), send(message('E', `SFATAL\0C28000\0M${SECRET}`)), hang],
    error: UNREACHABLE,
    detail: /terminator/,
  },
  {
    title: 'refuses us',
    script: [expect('startup'), send(fatal('28P01', SECRET)), hang],
    error: LOGIN_REFUSED,
    detail: /28P01: host 10/,
  },
  {
    title: 'asks for cleartext',
    script: [expect('startup'), send(message('R', int32(3))), hang],
    error: LOGIN_REFUSED,
    detail: /require_auth/,
  },
  {
    title: 'asks for no proof',
    script: [expect('startup'), send(welcome()), hang],
    error: LOGIN_REFUSED,
    detail: /without asking/,
  },
  {
    title: 'asks for 2^31 rounds',
    script: [
      expect('startup'),
      scram(verifier, { first: (text) => text.replace(/i=.*/, 'i=2147483648') }),
      hang,
    ],
    error: LOGIN_REFUSED,
    detail: /iterations/,
  },
  {
    title: 'cannot prove itself',
    script: [expect('startup'), scram(verifier, { final: () => `v=${'A'.repeat(43)}=` }), send(welcome())],
    error: LOGIN_REFUSED,
    detail: /./,
  },
];

t.test('Whatever an upstream does in our login, the client reads one of two texts.', async (t) => {
  for (const { title, script, target = {}, error, detail } of CASES) {
    await using scene = await Scene.open({ script, target });
    const client = await scene.tlsClient();
    sendStartup(client);
    await answerSasl(client);
    t.strictSame(await client.refusal(), error, title);
    t.notMatch(client.inbox.all.toString('latin1'), /10\.0\.0\.5|internal/, title);
    t.match(await scene.record(), { outcome: 'refused', detail }, title);
  }
});

t.test('An upstream that says of itself why it takes nobody is quoted.', async (t) => {
  const error = fatal('57P03', 'the database system is starting up');
  await using scene = await Scene.open({ script: [expect('startup'), send(error), hang] });
  const client = await scene.tlsClient();
  sendStartup(client);
  await answerSasl(client);
  await client.expect('R');
  t.strictSame(await client.closed(), error);
  t.match(await scene.record(), { outcome: 'refused', reason: 'upstream-error' });
});

t.test('TLS to the upstream, verified and bound, lets the client in.', async (t) => {
  const script = [
    expect('ssl-request'),
    S,
    tls(certificate),
    expect('startup'),
    scram(verifier),
    send(welcome()),
    hang,
  ];
  await using scene = await Scene.open({ script, target: secured });
  t.equal((await scene.session()).greeting.letters, 'RSKZ');
});
