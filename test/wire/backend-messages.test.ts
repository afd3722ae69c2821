import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import {
  authenticationOk,
  authenticationSasl,
  authenticationSaslContinue,
  authenticationSaslFinal,
  backendKeyData,
  negotiateProtocolVersion,
} from '../../src/wire/backend-messages.ts';
import { BACKEND } from '../../src/wire/frame.ts';
import {
  parseAuthentication,
  parseBackendKeyData,
  parseNegotiateVersion,
} from '../../src/wire/login-messages.ts';
import { asciiName } from '../support/arbitraries.ts';
import { frameOf, framesIn, readAsNodePostgres } from '../support/pg-protocol.ts';

t.test('node-postgres reads our side of a login as what it is.', async (t) => {
  const login = Buffer.concat([
    authenticationSasl(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']),
    authenticationSaslContinue(Buffer.from('r=abc,s=c2FsdA==,i=4096')),
    authenticationSaslFinal(Buffer.from('v=c2lnbmF0dXJl')),
    authenticationOk(),
    backendKeyData(4711, Buffer.of(0x80, 0, 0, 1)),
  ]);
  const messages = await readAsNodePostgres(login);
  t.match(messages, [
    { name: 'authenticationSASL', mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'] },
    { name: 'authenticationSASLContinue', data: 'r=abc,s=c2FsdA==,i=4096' },
    { name: 'authenticationSASLFinal', data: 'v=c2lnbmF0dXJl' },
    { name: 'authenticationOk', length: 8 },
    { name: 'backendKeyData', processID: 4711, secretKey: -(2 ** 31) + 1 },
  ]);
  t.equal(messages.length, 5);
  t.equal(framesIn(login).length, 5);
});

t.test(
  'node-postgres reads any mechanisms, SCRAM data, pid and 4-byte key as they were given.',
  async (t) => {
    const given = fc.record({
      mechanisms: fc.array(asciiName(), { maxLength: 5 }),
      data: asciiName(200),
      pid: fc.integer(),
      key: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ mechanisms, data, pid, key }) => {
        const keyBytes = Buffer.alloc(4);
        keyBytes.writeInt32BE(key);
        const messages = await readAsNodePostgres(
          Buffer.concat([
            authenticationSasl(mechanisms),
            authenticationSaslContinue(Buffer.from(data)),
            authenticationSaslFinal(Buffer.from(data)),
            backendKeyData(pid, keyBytes),
          ]),
        );
        deepEqual(
          messages.map((message) => ({ ...message, length: 0 })),
          [
            { length: 0, name: 'authenticationSASL', mechanisms },
            { length: 0, name: 'authenticationSASLContinue', data },
            { length: 0, name: 'authenticationSASLFinal', data },
            { length: 0, name: 'backendKeyData', processID: pid, secretKey: key },
          ],
        );
      }),
    );
    t.pass('every message was read');
  },
);

t.test('Our own reading of what we send agrees, keys of up to 256 bytes included.', async (t) => {
  t.same(parseAuthentication(frameOf(authenticationOk()).body), { kind: 'ok' });
  const mechanisms = ['SCRAM-SHA-256'];
  t.same(parseAuthentication(frameOf(authenticationSasl(mechanisms)).body), { kind: 'sasl', mechanisms });
  for (const length of [4, 5, 32, 256]) {
    const key = Buffer.alloc(length, 0x5a);
    t.same(parseBackendKeyData(frameOf(backendKeyData(-1, key)).body), { pid: -1, key });
  }
});

t.test('A client that asked for more is told 3.2 and the options nobody knows.', async (t) => {
  const frame = frameOf(negotiateProtocolVersion(['_pq_.grease', '_pq_.\xff']));
  t.equal(frame.type, BACKEND.negotiateProtocolVersion);
  t.equal(frame.body.readUInt32BE(0), 0x0003_0002);
  t.equal(frame.body.readInt32BE(4), 2);
  t.same(
    frame.body.subarray(8),
    Buffer.from('_pq_.grease\0_pq_.\xff\0', 'latin1'),
    'as the client wrote them',
  );
  t.same(parseNegotiateVersion(frameOf(negotiateProtocolVersion(['_pq_.a'])).body), {
    version: { major: 3, minor: 2 },
    unknownOptions: ['_pq_.a'],
  });
});

t.test(
  'A client of 3.0 with options nobody knows is told 3.0: libpq takes no answer above its question.',
  async (t) => {
    const { body } = frameOf(negotiateProtocolVersion(['_pq_.grease'], { major: 3, minor: 0 }));
    t.same(parseNegotiateVersion(body), { version: { major: 3, minor: 0 }, unknownOptions: ['_pq_.grease'] });
  },
);
