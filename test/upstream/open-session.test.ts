import t from 'tap';
import { ConnectionClosed } from '../../src/legs/leg.ts';
import { UpstreamError, UpstreamLoginRefused } from '../../src/upstream/failures.ts';
import { UpstreamUnreachable } from '../../src/upstream/ports.ts';
import { encodeVersion } from '../../src/wire/protocol-version.ts';
import { ProtocolViolation } from '../../src/wire/violation.ts';
import { header, message } from '../support/frontend-messages.ts';
import { int32 } from '../support/result-rows.ts';
import { verifier } from '../support/scene.ts';
import {
  close,
  expect,
  fatal,
  hang,
  notice,
  ok,
  parameter,
  ready,
  reset,
  type Script,
  type Step,
  scram,
  send,
  welcome,
} from '../support/upstream-steps.ts';
import { visitUpstream } from '../support/upstream-visit.ts';

const login: Script = [expect('startup'), scram(verifier)];
const negotiation = (minor: number, ...names: string[]): Buffer =>
  message(
    'v',
    int32(encodeVersion({ major: 3, minor })),
    int32(names.length),
    ...names.map((name) => `${name}\0`),
  );

t.test('What an upstream says before ReadyForQuery is kept in its order, its key apart.', async (t) => {
  const said = [
    notice('careful'),
    ok,
    parameter('a', '1'),
    notice('again'),
    message('K', int32(-7), 'k'.repeat(32)),
    parameter('b', '2'),
    ready,
  ];
  const { session } = await visitUpstream({ script: [...login, send(...said), hang] });
  const greeting = session?.greeting.map(
    ({ type, body }) => `${String.fromCharCode(type)}${body.toString('latin1')}`,
  );
  t.match(greeting, [/^N.*careful/, 'Sa\x001\0', /^N.*again/, 'Sb\x002\0']);
  t.match(session?.cancelKey, { pid: -7, key: Buffer.from('k'.repeat(32)) });
  t.strictSame(session?.ready, { type: 0x5a, body: Buffer.from('I') });
});

t.test('An upstream without a key gives none.', async (t) => {
  const { session } = await visitUpstream({ script: [...login, send(ok, ready), hang] });
  t.equal(session?.cancelKey, undefined);
});

t.test('Whatever it says may come byte by byte.', async (t) => {
  const trickle: Step = {
    kind: 'do',
    work: async ({ stream }) => {
      for (const byte of welcome()) {
        stream.write(Buffer.of(byte));
        await new Promise(setImmediate);
      }
    },
  };
  const { session } = await visitUpstream({ script: [...login, trickle, hang] });
  t.equal(session?.cancelKey?.pid, 4711);
});

t.test('An upstream that speaks an older version than the client says so, and is let be.', async (t) => {
  const request = { version: { major: 3, minor: 2 } };
  const { session, conversation } = await visitUpstream({
    script: [expect('startup'), send(negotiation(0)), scram(verifier), send(welcome()), hang],
    request,
  });
  t.equal(conversation.startup?.version.minor, 2);
  t.strictSame(
    session?.greeting.map(({ type }) => type),
    [0x53],
    'the client was told our version already',
  );
});

/** Everything that must not come while we log in; where it stands behind the proof, AuthenticationOk came first. */
const VIOLATIONS: readonly (readonly [title: string, bytes: Buffer])[] = [
  ['a length of 3', header('N', 3)],
  ['a length of 0', header('N', 0)],
  ['a negative length', header('N', -1)],
  ['a length of 2 GiB', header('N', 0x7fffffff)],
  ['an error without its last NUL', message('E', 'SFATAL\0C28000\0Mno')],
  ['an error without terminator', message('E', 'SFATAL\0C28000\0Mno\0')],
  ['an error without SQLSTATE', message('E', 'SFATAL\0Mno\0\0')],
  ['an error without severity', message('E', 'VFATAL\0C57P03\0Mno\0\0')],
  ['an error without message', message('E', 'SFATAL\0C57P03\0\0')],
  ['an empty error', message('E')],
  ['bytes behind an error’s end', message('E', 'C28000\0\0x')],
  ['an unknown type', message('!', 'x')],
  ['a type of NUL', message('\0', 'x')],
  ['a row', message('D', '\0\0')],
  ['a copy', message('G', '\0\0\0')],
  ['a message of a client', message('Q', 'select 1\0')],
];
const BEFORE_OK: typeof VIOLATIONS = [
  ['ReadyForQuery', ready],
  ['BackendKeyData', message('K', int32(1), 'key!')],
  ['ParameterStatus', parameter('a', 'b')],
  ['65 notices', Buffer.concat(Array.from({ length: 65 }, () => notice('more')))],
  ['a newer version than asked for', negotiation(3)],
  ['a version away from 3', message('v', int32(encodeVersion({ major: 4, minor: 0 })), int32(0))],
  ['options that were not asked for', negotiation(0, '_pq_.x')],
  ['a negotiation with a wrong count', message('v', int32(encodeVersion({ major: 3, minor: 0 })), int32(1))],
  ['a negotiation cut short', message('v', int32(0x30000))],
];
const BEHIND_OK: typeof VIOLATIONS = [
  ['a second AuthenticationOk', ok],
  ['a negotiation', negotiation(0)],
  ['a key of 3 bytes', message('K', int32(1), 'key')],
  ['a key of 257 bytes', message('K', int32(1), Buffer.alloc(257))],
  ['no pid', message('K', 'abc')],
  ['ReadyForQuery without a state', message('Z')],
  ['ReadyForQuery with two', message('Z', 'II')],
  ['parameters without end', Buffer.concat(Array.from({ length: 1001 }, () => parameter('a', 'b')))],
  ['keys without end', Buffer.concat(Array.from({ length: 1001 }, () => message('K', int32(1), 'key!')))],
  ['a MiB of notices', Buffer.concat(Array.from({ length: 18 }, () => notice('x'.repeat(60_000))))],
];

t.test('What does not belong into a login ends it, and the connection with it.', async (t) => {
  const places: readonly (readonly [typeof VIOLATIONS, Script])[] = [
    [[...VIOLATIONS, ...BEFORE_OK], [expect('startup')]],
    [
      [...VIOLATIONS, ...BEHIND_OK],
      [...login, send(ok)],
    ],
  ];
  const version = { major: 3, minor: 2 };
  for (const [violations, before] of places) {
    for (const [title, bytes] of violations) {
      const last = before.length === 1 ? [scram(verifier), send(welcome())] : [send(ready)];
      const script = [...before, send(bytes), ...last, hang];
      const { error, left } = await visitUpstream({ script, request: { version } });
      t.type(error, ProtocolViolation, title);
      t.equal(left, 0, title);
    }
  }
});

t.test(
  'An error of class 28 before AuthenticationOk is about us; every other is the client’s to read.',
  async (t) => {
    for (const sqlstate of ['28000', '28P01']) {
      const { error } = await visitUpstream({
        script: [expect('startup'), send(fatal(sqlstate, 'who?')), hang],
      });
      t.type(error, UpstreamLoginRefused);
      t.match(error, { message: `${sqlstate}: who?` });
    }
    const others = [
      [[expect('startup')], '57P03'],
      [login, '53300'],
      [[...login, send(ok)], '3D000'],
      [[...login, send(ok)], '28000'],
    ] as const;
    for (const [before, sqlstate] of others) {
      const bytes = fatal(sqlstate, 'no');
      const { error, left } = await visitUpstream({ script: [...before, send(bytes), hang] });
      t.type(error, UpstreamError);
      t.match(error, { bytes, sqlstate });
      t.equal(left, 0);
    }
  },
);

t.test('An upstream that closes or resets at any step ends the login.', async (t) => {
  const steps: Script = [
    expect('startup'),
    scram(verifier),
    send(ok),
    send(parameter('a', 'b')),
    send(Buffer.from('Z\0\0')),
  ];
  for (const leaving of [close, reset]) {
    for (let done = 0; done <= steps.length; done += 1) {
      const { error, left } = await visitUpstream({ script: [...steps.slice(0, done), leaving] });
      // A reset can be seen while we still dial.
      const kind =
        done === 0 && error instanceof UpstreamUnreachable ? UpstreamUnreachable : ConnectionClosed;
      t.type(error, kind, `after ${done} steps`);
      t.equal(left, 0);
    }
  }
});

t.test('An upstream that hangs is left when the signal says so.', async (t) => {
  for (const script of [
    [hang],
    [expect('startup'), hang],
    [...login, hang],
    [...login, send(ok, parameter('a', 'b')), hang],
  ]) {
    const deadline = new AbortController();
    setTimeout(() => deadline.abort(new Error('too late')), 30);
    const { error, left } = await visitUpstream({ script, signal: deadline.signal });
    t.match(error, Error('too late'));
    t.equal(left, 0);
  }
});
