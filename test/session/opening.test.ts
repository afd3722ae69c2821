import fc from 'fast-check';
import t from 'tap';
import { encodeVersion, REQUEST_CODE } from '../../src/wire/protocol-version.ts';
import { mutationsOf } from '../support/arbitraries.ts';
import { answerSasl, login, readGreeting, sendStartup } from '../support/client-login.ts';
import {
  gssencRequest,
  openingPacket,
  query,
  sslRequest,
  startupMessage,
} from '../support/frontend-messages.ts';
import { framesIn } from '../support/pg-protocol.ts';
import { Scene } from '../support/scene.ts';

const THREE = 0x0003_0000;
const startup = (text: string, length?: number): Buffer =>
  openingPacket(THREE, Buffer.from(text, 'latin1'), length);

/** What must not be said inside TLS, and what is said of it; never the bytes themselves. */
const MALFORMED: readonly (readonly [title: string, bytes: Buffer, message: RegExp])[] = [
  ['SSLRequest', sslRequest, /^unexpected encryption request inside TLS$/],
  ['GSSENCRequest', gssencRequest, /^unexpected encryption request inside TLS$/],
  ['no terminator', startup('user\0app\0'), /no terminator/],
  ['nothing at all', startup(''), /no terminator/],
  ['a name without a value', startup('user\0app\0database\0'), /a name without a value/],
  ['bytes behind the terminator', startup('user\0app\0\0x'), /terminator as last byte/],
  [
    'parameters behind the terminator',
    startup('user\0app\0\0database\0other\0\0'),
    /terminator as last byte/,
  ],
  [
    'invalid UTF-8 in the user',
    startup('user\0caf\xe9\0\0'),
    /^startup parameter "user" is not valid UTF-8$/,
  ],
  ['invalid UTF-8 in options', startup('user\0app\0options\0\xff\0\0'), /"options" is not valid UTF-8/],
  ['protocol 2.0', openingPacket(0x0002_0000, Buffer.alloc(288)), /^unsupported frontend protocol$/],
  ['a request that is none', openingPacket(0x04d2_1631), /^unsupported frontend protocol$/],
  ['a CancelRequest without a key', openingPacket(REQUEST_CODE.cancel, Buffer.alloc(4)), /cancel request/],
  ...[0, 7, 10_001, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff].map(
    (length) => [`a length of ${length}`, startup('user\0app\0\0', length), /^invalid length/] as const,
  ),
];

t.test('A malformed opening inside TLS is 08P01, and says what was wrong.', async (t) => {
  await using scene = await Scene.open();
  for (const [index, [title, bytes, message]] of MALFORMED.entries()) {
    const client = await scene.tlsClient();
    client.send(bytes);
    t.match(await client.refusal(), { severity: 'FATAL', sqlstate: '08P01', message }, title);
    t.match(await scene.record(index), { outcome: 'refused', reason: 'protocol' }, title);
  }
});

t.test('No user, or an empty one, is refused as PostgreSQL does.', async (t) => {
  await using scene = await Scene.open();
  for (const text of ['\0', 'user\0\0\0', 'database\0app\0\0', 'user\0app\0user\0\0\0', 'USER\0app\0\0']) {
    const client = await scene.tlsClient();
    client.send(startup(text));
    const error = { sqlstate: '28000', message: 'no PostgreSQL user name specified in startup packet' };
    t.match(await client.refusal(), error, JSON.stringify(text));
  }
});

t.test('Of a parameter given twice the last counts, at the gate and upstream.', async (t) => {
  await using scene = await Scene.open();
  const { client } = await scene.session({
    user: 'nobody',
    parameters: [
      ['database', 'one'],
      ['user', 'app'],
      ['database', 'two'],
    ],
  });
  const { parameters } = scene.upstream.conversation().startup ?? {};
  t.equal(parameters?.text('user'), 'app');
  t.equal(parameters?.text('database'), 'two');
  client.end();
  t.match(await scene.record(), { role: 'app', database: 'two' });
});

t.test('Every parameter is forwarded as it came; our own option and protocol options are not.', async (t) => {
  await using scene = await Scene.open();
  const parameters = {
    DateStyle: 'ISO, MDY',
    application_name: 'caf\xe9 \xff\x01',
    client_encoding: 'LATIN1',
    options: '-c geqo=off endpoint=ep-main -c search_path=a\\ b',
    '_pq_.fancy': 'on',
    'odd name \xe9': '',
  };
  const client = await scene.tlsClient();
  sendStartup(client, { parameters });
  t.strictSame((await client.expect('v')).toString('latin1'), '\0\x03\0\0\0\0\0\x01_pq_.fancy\0');
  await answerSasl(client);
  await readGreeting(client);
  const forwarded = Object.fromEntries(
    [...(scene.upstream.conversation().startup?.parameters.settings() ?? [])].map(([name, value]) => [
      name,
      value.toString('latin1'),
    ]),
  );
  const { '_pq_.fancy': _, ...rest } = parameters;
  const options = '-c geqo=off -c search_path=a\\ b';
  t.strictSame(forwarded, { ...rest, options, user: 'app', database: 'app' });
});

t.test('9,999 bytes of options are read at once, as are many words.', async (t) => {
  await using scene = await Scene.open();
  const room = 10_000 - startup('user\0app\0database\0app\0options\0\0\0').length;
  for (const options of [
    '-c='.padEnd(room, 'x'),
    '\\'.repeat(room),
    ' '.repeat(room),
    '-c '.repeat(room / 3),
  ]) {
    const client = await scene.tlsClient();
    t.equal((await login(client, { parameters: { database: 'app', options } })).letters, 'RSKZ');
  }
  t.equal(scene.upstream.conversation(0).startup?.parameters.text('options')?.length, room);
});

t.test(
  'A newer minor version is answered with 3.2, a lower one by itself; 3.1 is never named.',
  async (t) => {
    await using scene = await Scene.open();
    const answers: [
      minor: number,
      options: Record<string, string>,
      spoken: number | undefined,
      key: number,
    ][] = [
      [0, {}, undefined, 4],
      [1, {}, undefined, 4],
      [2, {}, undefined, 32],
      [3, {}, 2, 32],
      [9999, {}, 2, 32],
      [0, { '_pq_.x': '1' }, 0, 4],
      [1, { '_pq_.x': '1' }, 0, 4],
      [2, { '_pq_.x': '1' }, 2, 32],
    ];
    for (const [minor, parameters, spoken, keyLength] of answers) {
      const client = await scene.tlsClient();
      sendStartup(client, { parameters, minor });
      if (spoken !== undefined) {
        const answer = await client.expect('v');
        t.equal(answer.readUInt32BE(0), encodeVersion({ major: 3, minor: spoken }), `3.${minor}`);
        t.equal(answer.readInt32BE(4), Object.keys(parameters).length);
      }
      await answerSasl(client);
      t.equal((await readGreeting(client)).key.length, keyLength, `3.${minor}`);
    }
    const minors = scene.upstream.conversations.map(({ startup }) => startup?.version.minor);
    t.strictSame(minors, [0, 0, 2, 2, 2, 0, 0, 2]);
  },
);

t.test('A login one byte a segment, and one together with what follows, are both let in.', async (t) => {
  await using scene = await Scene.open();
  const slow = await scene.client();
  await slow.trickle(sslRequest);
  t.equal((await slow.inbox.read(1)).toString(), 'S');
  await slow.handshake({ ALPNProtocols: ['postgresql'] });
  const trickled: Promise<void>[] = [];
  slow.write = (bytes) => {
    trickled.push(slow.trickle(bytes));
  };
  t.equal((await login(slow)).letters, 'RSKZ');
  await Promise.all(trickled);

  const fast = await scene.tlsClient();
  sendStartup(fast);
  const { write } = fast;
  fast.write = (bytes) => write(bytes.includes('p=') ? Buffer.concat([bytes, query('select 1')]) : bytes);
  await answerSasl(fast);
  t.equal((await readGreeting(fast)).letters, 'RSKZ');
  t.match(await fast.expect('T'), /echo/);
});

t.test('Whatever the opening inside TLS is, the process goes on.', async (t) => {
  await using scene = await Scene.open();
  const seeds = [
    startupMessage({ user: 'app', database: 'x' }),
    sslRequest,
    openingPacket(REQUEST_CODE.cancel, Buffer.alloc(8)),
  ];
  const goodAndMore = Buffer.concat([
    startup('user\0app\0database\0x\0\0'),
    Buffer.from('980cc67b8a540000', 'hex'),
  ]);
  await fc.assert(
    fc.asyncProperty(mutationsOf(seeds), async (bytes) => {
      const client = await scene.tlsClient();
      client.send(bytes);
      client.end();
      const said = framesIn(await client.closed());
      client.destroy();
      // Nothing, a refusal of ours, what a login begins with, or that and a refusal of what followed it; the
      // client may be gone before all of that is said.
      return /^v?R?E?$/.test(said.map(({ type }) => String.fromCharCode(type)).join(''));
    }),
    { numRuns: 80, endOnFailure: true, examples: [[goodAndMore]] },
  );
  t.strictSame(scene.gate.journal.defects, []);
});
